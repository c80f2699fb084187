//! Moves the clock of the account.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use chrono::NaiveDateTime;
use derslik_domain::relative::RelativeTime;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};
use derslik_ports::inbound::control::{Advance, Advanced, ClockControl, ClockScope, ControlError};

use super::outcomes::Outcomes;
use super::{allow_long, origin, timed_out};
use crate::failure::Failure;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::Visit;

const HOUR: Duration = Duration::from_secs(3_600);

/// Midnight of the next day.
const MIDNIGHT: RelativeTime = RelativeTime::OnDay { days: 1, minute: 0 };

/// How dates and times are written without an offset.
const FACES: [&str; 4] = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];

/// What to do with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Freeze,
    Resume,
    Release,
    Set(Timestamp),
    Advance(Advance),
    RunToNextDue,
}

/// Why a form does not say what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unclear {
    /// The clock would show a year that it does not have, or the text is not a time.
    Time,
    /// There is no such deed.
    Deed,
}

/// Does what the form says, and leads back to its page.
pub(super) async fn change(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, t, control) = (visit.form(), visit.t, visit.control()?);
    let back = origin(&visit, &form);
    let deed = match deed(form.text("clock"), form.text("at"), visit.now, visit.account.zone) {
        Ok(deed) => deed,
        Err(Unclear::Time) => {
            let note = Note::bad(t.control_no_time(form.text("at"))).and(t.control_no_time_more());
            return Ok(visit.leave(note, &back));
        }
        Err(Unclear::Deed) => return Err(Failure::NotFound),
    };
    allow_long(&visit);
    let note = match carry_out(control.clock.as_ref(), ClockScope::Account(visit.account.public), deed).await {
        Ok((now, advanced)) => {
            let now = now.map(|now| visit.moment(now)).unwrap_or_default();
            let note = done(deed, now, advanced.as_ref(), t);
            if let Some(advanced) = advanced {
                outcomes.keep(visit.account.public, advanced);
            }
            note
        }
        Err(ControlError::TimedOut(_)) => timed_out(t),
        Err(ControlError::Invalid { .. }) => Note::bad(t.control_past()).and(t.control_past_more()),
        Err(ControlError::Conflict(_)) => Note::bad(t.control_clock_busy()),
        Err(error) => return Err(error.into()),
    };
    Ok(visit.leave(note, &back))
}

/// What a button means, with the text beside it.
fn deed(button: &str, at: &str, now: Timestamp, zone: Zone) -> Result<Deed, Unclear> {
    let instant = || instant(at, now, zone).ok_or(Unclear::Time);
    Ok(match button {
        "freeze" => Deed::Freeze,
        "resume" => Deed::Resume,
        "release" => Deed::Release,
        "set" => Deed::Set(instant()?),
        "advance" => Deed::Advance(Advance::To(instant()?)),
        "hour" => Deed::Advance(Advance::By(HOUR)),
        "midnight" => Deed::Advance(Advance::To(MIDNIGHT.resolve(now, zone).ok_or(Unclear::Time)?)),
        "due" => Deed::RunToNextDue,
        _ => return Err(Unclear::Deed),
    })
}

/// The instant that a text means: a time that is relative to the clock, an instant, or a date and a time in the zone.
fn instant(text: &str, now: Timestamp, zone: Zone) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<RelativeTime>() {
        return time.resolve(now, zone);
    }
    let face = FACES.into_iter().find_map(|face| NaiveDateTime::parse_from_str(text, face).ok())?;
    Some(Start::at(CivilTime::from_naive(face)?, zone).instant())
}

/// Returns what the clock shows after it, unless it was given back, and what ran.
async fn carry_out(clock: &dyn ClockControl, scope: ClockScope, deed: Deed) -> Result<(Option<Timestamp>, Option<Advanced>), ControlError> {
    let advanced = match deed {
        Deed::Freeze => return Ok((Some(clock.freeze(scope, None).await?.now), None)),
        Deed::Resume => return Ok((Some(clock.resume(scope).await?.now), None)),
        Deed::Set(to) => return Ok((Some(clock.set(scope, to).await?.now), None)),
        Deed::Release => {
            clock.release(scope).await?;
            return Ok((None, None));
        }
        Deed::Advance(advance) => clock.advance(scope, advance).await?,
        Deed::RunToNextDue => clock.run_to_next_due(scope).await?,
    };
    Ok((Some(advanced.clock.now), Some(advanced)))
}

/// What was done. `now` is what the clock shows.
fn done(deed: Deed, now: String, advanced: Option<&Advanced>, t: Texts) -> Note {
    let count = advanced.map_or(0, |advanced| advanced.count);
    match deed {
        Deed::Freeze => Note::ok(t.control_done_frozen(now)),
        Deed::Resume => Note::ok(t.control_done_resumed(now)),
        Deed::Release => Note::ok(t.control_done_released()),
        Deed::Set(_) => Note::ok(t.control_done_set(now)).and(t.control_done_set_more()),
        Deed::RunToNextDue if count == 0 => Note::ok(t.control_nothing_due()),
        Deed::Advance(_) | Deed::RunToNextDue => Note::ok(t.control_done_advanced(now)).and(t.control_ran(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_relative_or_an_instant_or_a_date_in_the_zone_of_the_account() {
        let now = at("2026-11-25T10:24:07+03:00");
        let read = |text| instant(text, now, Zone::ISTANBUL);
        for (text, expected) in [
            ("tomorrow 09:00", "2026-11-26T09:00:00+03:00"),
            ("+90m", "2026-11-25T11:54:07+03:00"),
            ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-01 08:30", "2026-12-01T08:30:00+03:00"),
            ("2026-12-01T08:30:05", "2026-12-01T08:30:05+03:00"),
        ] {
            assert_eq!(read(text), Some(at(expected)), "{text}");
        }
        for wrong in ["", "soon", "2026-13-01 08:30", "10:24"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_button_is_a_deed() {
        let now = at("2026-11-25T23:30:00+03:00");
        let read = |button| deed(button, "+1h", now, Zone::ISTANBUL);
        assert_eq!(read("midnight"), Ok(Deed::Advance(Advance::To(at("2026-11-26T00:00:00+03:00")))));
        assert_eq!(read("set"), Ok(Deed::Set(at("2026-11-26T00:30:00+03:00"))));
        assert_eq!(read("hour"), Ok(Deed::Advance(Advance::By(HOUR))));
        assert_eq!(read("other"), Err(Unclear::Deed));
        assert_eq!(deed("advance", "never", now, Zone::ISTANBUL), Err(Unclear::Time));
    }

    #[test]
    fn nothing_due_is_said_as_such() {
        let t = Texts::of(Language::English);
        assert_eq!(done(Deed::RunToNextDue, "now".to_owned(), None, t).text, t.control_nothing_due());
    }
}
