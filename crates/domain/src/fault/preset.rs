//! Sets of faults that belong together, as a client meets them outside of tests.

use std::time::Duration;

use super::{Chance, Fault, Refusal, RequestFilter, Schedule};

/// A set of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Preset {
    /// The first two requests are too many.
    Quota,
    /// Connections are reset, requests wait and answers are truncated, by chance.
    FlakyNetwork,
    /// Half of the writes have no answer.
    LostReplies,
}

/// What a preset leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PresetOptions {
    /// Which requests it is for.
    pub requests: RequestFilter,
    /// When its faults apply, in place of the schedule that the preset has. The default schedule leaves that of the preset.
    pub schedule: Schedule,
    /// What the sequences of its chances depend on.
    pub seed: u64,
    /// After how many seconds a client that was refused should try again.
    pub retry_after_seconds: u64,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Quota, Self::FlakyNetwork, Self::LostReplies];

    /// The faults of the preset, in the order in which they are added.
    pub fn faults(self, options: &PresetOptions) -> Vec<(Fault, RequestFilter, Schedule)> {
        let PresetOptions { requests, schedule, seed, retry_after_seconds } = options;
        let fault = |fault, own: Schedule| {
            let schedule = if *schedule == Schedule::default() { own } else { *schedule };
            (fault, requests.clone(), schedule)
        };
        let chance = |per_million, place| {
            let chance = Chance { per_million, seed: seed.wrapping_add(place) };
            Schedule { chance: Some(chance), ..Schedule::default() }
        };
        match self {
            Self::Quota => {
                let twice = Schedule { times: Some(2), ..Schedule::default() };
                vec![fault(Fault::Refuse(Refusal::TooMany { retry_after_seconds: *retry_after_seconds }), twice)]
            }
            Self::FlakyNetwork => vec![
                fault(Fault::Reset, chance(100_000, 1)),
                fault(Fault::Delay(Duration::from_millis(300)), chance(200_000, 2)),
                fault(Fault::Truncate, chance(100_000, 3)),
            ],
            Self::LostReplies => {
                let (fault, mut requests, schedule) = fault(Fault::LoseAnswer, chance(500_000, 1));
                if requests.methods.is_empty() {
                    requests.methods = ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).into();
                }
                vec![(fault, requests, schedule)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> PresetOptions {
        PresetOptions { requests: RequestFilter::default(), schedule: Schedule::default(), seed: 7, retry_after_seconds: 3 }
    }

    #[test]
    fn a_schedule_of_the_request_takes_the_place_of_that_of_the_preset() {
        let refused = Preset::Quota.faults(&options());
        let found: Vec<_> = refused.iter().map(|(fault, _, schedule)| (*fault, schedule.times)).collect();
        assert_eq!(found, [(Fault::Refuse(Refusal::TooMany { retry_after_seconds: 3 }), Some(2))]);
        let once = Schedule { times: Some(1), ..Schedule::default() };
        for preset in Preset::ALL {
            let faults = preset.faults(&PresetOptions { schedule: once, ..options() });
            assert!(faults.iter().all(|(_, _, schedule)| *schedule == once), "{preset:?}");
        }
    }

    #[test]
    fn lost_replies_are_those_to_writes_unless_methods_are_named() {
        let methods = |options: &PresetOptions| Preset::LostReplies.faults(options)[0].1.methods.clone();
        assert_eq!(methods(&options()), ["POST", "PUT", "PATCH", "DELETE"]);
        let reads = RequestFilter { methods: vec!["GET".to_owned()], ..RequestFilter::default() };
        assert_eq!(methods(&PresetOptions { requests: reads, ..options() }), ["GET"]);
    }
}
