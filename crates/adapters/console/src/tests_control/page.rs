//! The page *Time and faults*.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use derslik_ports::inbound::control::{ClockScope, StoredSnapshot};
use derslik_ports::inbound::operators::{DueItem, DueKind};

use super::faults::{FaultForm, FaultLine};
use super::inputs::{Input, Problem};
use super::outcomes::{Outcomes, RanView};
use super::words::{self, Due};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::locale::{Language, offset};
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many things that fall due the page shows.
const UPCOMING: u32 = 20;

/// The forms of the page that keep what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forms {
    pub(super) fault: FaultForm,
    pub(super) snapshot: Input,
    pub(super) load: LoadForm,
    pub(super) seed: Input,
    pub(super) new: NewForm,
}

/// The form that keeps the snapshot of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LoadForm {
    pub(super) name: Input,
    /// A browser does not fill it in again.
    pub(super) file: Input,
}

impl LoadForm {
    /// The form with what was sent, and what is wrong with it.
    pub(super) fn of(form: &Fields, problems: &[Problem]) -> Self {
        Self { name: Input::of(form, "name", problems), file: Input::of(form, "file", problems) }
    }
}

/// The form that makes another account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NewForm {
    pub(super) name: Input,
    pub(super) hours: Input,
    pub(super) seed: Input,
}

impl NewForm {
    /// The form with what was sent, and what is wrong with it.
    pub(super) fn of(form: &Fields, problems: &[Problem]) -> Self {
        let input = |name| Input::of(form, name, problems);
        Self { name: input("name"), hours: input("hours"), seed: input("seed") }
    }
}

impl Forms {
    /// Forms that were not sent.
    pub(super) fn empty(t: Texts) -> Self {
        Self {
            fault: FaultForm::of(&Fields::default(), &[], t),
            snapshot: Input::default(),
            load: LoadForm::default(),
            seed: Input::default(),
            new: NewForm::default(),
        }
    }
}

/// A thing that falls due, on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DueLine {
    at: String,
    due: Due,
    url: String,
}

/// A snapshot, on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SnapshotLine {
    name: String,
    size: String,
    file_url: String,
    restore_url: String,
}

/// The clock, on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ClockView {
    moment: String,
    offset: String,
    zone: &'static str,
    pace: words::Pace,
    is_frozen: bool,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "control/page.html")]
struct ControlPage {
    shell: Shell,
    view: View,
}

/// What the page shows within its frame.
struct View {
    t: Texts,
    /// The address of the account, with a slash at its end.
    base: String,
    form_token: String,
    account: String,
    clock: ClockView,
    due: Vec<DueLine>,
    ran: Option<RanView>,
    faults: Vec<FaultLine>,
    snapshots: Vec<SnapshotLine>,
    forms: Forms,
}

/// Shows the page.
pub(super) async fn show(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let page = page(&visit, &outcomes, Forms::empty(visit.t)).await?;
    visit.page(&page)
}

/// Shows the page again with a form that can't be used.
pub(super) async fn refuse(visit: &Visit, outcomes: &Outcomes, forms: Forms) -> Result<HttpResponse, Failure> {
    let mut page = page(visit, outcomes, forms).await?;
    page.shell.note = Some(Note::bad(visit.t.control_refused()).and(visit.t.control_refused_more()));
    visit.refused_page(&page)
}

async fn page(visit: &Visit, outcomes: &Outcomes, forms: Forms) -> Result<ControlPage, Failure> {
    let (t, account, control) = (visit.t, visit.account.public, visit.control()?);
    let shell = Shell::of(visit, Section::Control, t.shell_control()).await?;
    let shown = control.clock.show(ClockScope::Account(account)).await?;
    let clock = ClockView {
        moment: visit.moment(shown.now),
        offset: offset(shown.now, visit.account.zone),
        zone: visit.account.zone.name(),
        pace: words::pace(&shown, (visit.ports()?.time)(), t),
        is_frozen: shown.is_frozen,
        is_own: shown.is_own,
    };
    let upcoming = visit.operators()?.due.upcoming(visit.account.id, UPCOMING).await?;
    let snapshots = control.snapshots.list(account).await?;
    let view = View {
        t,
        base: visit.url(""),
        form_token: visit.form_token().to_owned(),
        account: visit.account.name.clone(),
        clock,
        due: upcoming.iter().map(|item| due_line(item, visit)).collect(),
        ran: outcomes.of(account).map(|advanced| RanView::of(&advanced, visit)),
        faults: control.faults.list(account).iter().map(|rule| FaultLine::of(rule, t)).collect(),
        snapshots: snapshots.iter().map(|snapshot| snapshot_line(snapshot, &visit.url(""), visit.language, t)).collect(),
        forms,
    };
    Ok(ControlPage { shell, view })
}

fn due_line(item: &DueItem, visit: &Visit) -> DueLine {
    let url = match &item.what {
        DueKind::Job { id, .. } => visit.url(&format!("jobs/{id}")),
        DueKind::SessionEnds { guid, .. } => visit.url(&format!("sessions/{guid}")),
    };
    DueLine { at: visit.when(item.at), due: words::due(&item.what, visit.t), url }
}

fn snapshot_line(snapshot: &StoredSnapshot, base: &str, language: Language, t: Texts) -> SnapshotLine {
    // A name has no characters that an address gives a meaning.
    let name = snapshot.name.as_str();
    let rows = u64::try_from(snapshot.rows).unwrap_or(u64::MAX);
    let kibibytes = u64::try_from(snapshot.bytes.div_ceil(1_024)).unwrap_or(u64::MAX);
    SnapshotLine {
        name: name.to_owned(),
        size: t.control_snapshot_size(language.number(kibibytes), rows),
        file_url: format!("{base}control/snapshots/file?name={name}"),
        restore_url: format!("{base}control/snapshots/restore?name={name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{HOSTILE, assert_inert};
    use super::*;

    #[derive(Template)]
    #[template(path = "control/view.html")]
    struct ViewPart {
        view: View,
    }

    fn view(language: Language) -> View {
        let t = Texts::of(language);
        let hostile = || HOSTILE.to_owned();
        let input = || Input { value: hostile(), problem: hostile(), detail: hostile() };
        let due = Due { what: hostile(), name: hostile(), more: hostile() };
        let snapshot = StoredSnapshot { name: "begin".parse().unwrap(), rows: 1_234, bytes: 5_000 };
        View {
            t,
            base: "/console/7/".to_owned(),
            form_token: "ab".to_owned(),
            account: hostile(),
            clock: ClockView {
                moment: hostile(),
                offset: "+03:00".to_owned(),
                zone: "Europe/Istanbul",
                pace: words::Pace { tone: "info", icon: "run", word: hostile() },
                is_frozen: true,
                is_own: true,
            },
            due: vec![DueLine { at: hostile(), due, url: hostile() }],
            ran: Some(RanView { title: hostile(), lines: Vec::new(), more: hostile() }),
            faults: vec![FaultLine {
                number: 1,
                what: hostile(),
                scope: hostile(),
                when: hostile(),
                counts: hostile(),
                off: hostile(),
                is_met: false,
            }],
            snapshots: vec![snapshot_line(&snapshot, "/console/7/", language, t)],
            forms: Forms {
                fault: FaultForm::of(&Fields::read(b"method=%3Cscript%3Ealert(1)"), &[Problem::new("method", HOSTILE)], t),
                snapshot: input(),
                load: LoadForm { name: input(), file: input() },
                seed: input(),
                new: NewForm { name: input(), hours: input(), seed: input() },
            },
        }
    }

    #[test]
    fn hostile_texts_on_the_page_are_inert() {
        for language in Language::ALL {
            assert_inert(&ViewPart { view: view(language) }.render().unwrap());
        }
    }

    #[test]
    fn a_snapshot_has_its_size_and_its_addresses() {
        let snapshot = StoredSnapshot { name: "begin".parse().unwrap(), rows: 1_234, bytes: 5_000 };
        let line = snapshot_line(&snapshot, "/console/7/", Language::English, Texts::of(Language::English));
        assert!(line.size.contains("1,234") && line.size.contains('5'), "{}", line.size);
        assert_eq!(line.restore_url, "/console/7/control/snapshots/restore?name=begin");
    }
}
