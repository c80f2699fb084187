//! What kind of a member a user of a course is, and which of the two rosters holds the member.

/// The kind of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Membership {
    /// The teacher who owns it; each course has one.
    Owner,
    /// Another teacher.
    Teacher,
    /// A student.
    Student,
}

impl Membership {
    /// Every membership.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Teacher, Self::Student];

    /// The name by which the membership is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Teacher => "teacher",
            Self::Student => "student",
        }
    }

    /// The membership of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|membership| membership.name() == name)
    }

    /// The roster that holds the member.
    pub const fn roster(self) -> Roster {
        match self {
            Self::Owner | Self::Teacher => Roster::Teachers,
            Self::Student => Roster::Students,
        }
    }
}

/// One of the two rosters. The owner is on the roster of teachers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Roster {
    /// The teachers.
    Teachers,
    /// The students.
    Students,
}
