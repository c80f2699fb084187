//! The messages of the courses API: the shapes of requests and answers, and their descriptions in the discovery document. This
//! module does not know the meaning of the fields.

/// A message: an object with known fields.
#[derive(Debug)]
pub(super) struct Message {
    /// The name in the discovery document.
    pub(super) name: &'static str,
    /// The name of the union whose members are the fields, if the message is one. At most one of them is set.
    pub(super) union: Option<&'static str>,
    pub(super) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    /// The name in JSON.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The description for the discovery document.
    pub(super) about: &'static str,
}

/// The type of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    Int32,
    /// An instant in RFC 3339 format.
    Time,
    Choice(&'static Choice),
    One(&'static Message),
    Many(&'static Message),
}

/// An enumeration. The position of a value is its number.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) values: &'static [&'static str],
}

impl Message {
    /// The field with that name, in lowerCamelCase or in `snake_case`.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name || snake(field.name) == name)
    }
}

/// A name in `snake_case`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about }
}

const fn text(name: &'static str, about: &'static str) -> Field {
    field(name, Kind::Text, about)
}

pub(super) static COURSE_STATE: Choice =
    Choice { name: "CourseState", values: &["COURSE_STATE_UNSPECIFIED", "ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED", "SUSPENDED"] };

pub(super) static CALCULATION_TYPE: Choice =
    Choice { name: "CalculationType", values: &["CALCULATION_TYPE_UNSPECIFIED", "TOTAL_POINTS", "WEIGHTED_CATEGORIES"] };

pub(super) static DISPLAY_SETTING: Choice = Choice {
    name: "DisplaySetting",
    values: &["DISPLAY_SETTING_UNSPECIFIED", "SHOW_OVERALL_GRADE", "HIDE_OVERALL_GRADE", "SHOW_TEACHERS_ONLY"],
};

pub(super) static PREVIEW_VERSION: Choice = Choice {
    name: "PreviewVersion",
    values: &[
        "PREVIEW_VERSION_UNSPECIFIED",
        "V1_20231110_PREVIEW",
        "V1_20240401_PREVIEW",
        "V1_20240930_PREVIEW",
        "V1_20250630_PREVIEW",
        "V1_20260316_PREVIEW",
    ],
};

static PERMISSION: Choice = Choice { name: "Permission", values: &["PERMISSION_UNSPECIFIED", "CREATE_COURSE"] };

pub(super) static EMPTY: Message = Message { union: None, name: "Empty", fields: &[] };

static DRIVE_FOLDER: Message = Message {
    union: None,
    name: "DriveFolder",
    fields: &[
        text("id", "The id of the folder."),
        text("title", "Output only. The title of the folder."),
        text("alternateLink", "Output only. Where the folder can be seen."),
    ],
};

static DRIVE_FILE: Message = Message {
    union: None,
    name: "DriveFile",
    fields: &[
        text("id", "The id of the file."),
        text("title", "Output only. The title of the file."),
        text("alternateLink", "Output only. Where the file can be seen."),
        text("thumbnailUrl", "Output only. A small picture of the file."),
    ],
};

static YOU_TUBE_VIDEO: Message = Message {
    union: None,
    name: "YouTubeVideo",
    fields: &[
        text("id", "The id of the video."),
        text("title", "Output only. The title of the video."),
        text("alternateLink", "Output only. Where the video can be seen."),
        text("thumbnailUrl", "Output only. A small picture of the video."),
    ],
};

static LINK: Message = Message {
    union: None,
    name: "Link",
    fields: &[
        text("url", "The address, 1 to 2,024 characters."),
        text("title", "Output only. The title of the page."),
        text("thumbnailUrl", "Output only. A small picture of the page."),
    ],
};

static FORM: Message = Message {
    union: None,
    name: "Form",
    fields: &[
        text("formUrl", "Where the form is filled in."),
        text("responseUrl", "Output only. Where the answers are."),
        text("title", "Output only. The title of the form."),
        text("thumbnailUrl", "Output only. A small picture of the form."),
    ],
};

static COURSE_MATERIAL: Message = Message {
    union: Some("material"),
    name: "CourseMaterial",
    fields: &[
        field("driveFile", Kind::One(&DRIVE_FILE), "A file."),
        field("youTubeVideo", Kind::One(&YOU_TUBE_VIDEO), "A video."),
        field("link", Kind::One(&LINK), "A page of the web."),
        field("form", Kind::One(&FORM), "A form to fill in."),
    ],
};

static COURSE_MATERIAL_SET: Message = Message {
    union: None,
    name: "CourseMaterialSet",
    fields: &[text("title", "The heading."), field("materials", Kind::Many(&COURSE_MATERIAL), "The materials under it.")],
};

static GRADE_CATEGORY: Message = Message {
    union: None,
    name: "GradeCategory",
    fields: &[
        text("id", "The id of the category."),
        text("name", "The name of the category."),
        field("weight", Kind::Int32, "The share of the overall grade, in ten-thousandths of a percent."),
        field("defaultGradeDenominator", Kind::Int32, "What grades of the category are out of."),
    ],
};

static GRADEBOOK_SETTINGS: Message = Message {
    union: None,
    name: "GradebookSettings",
    fields: &[
        field("calculationType", Kind::Choice(&CALCULATION_TYPE), "How the overall grade is calculated."),
        field("displaySetting", Kind::Choice(&DISPLAY_SETTING), "Who sees the overall grade."),
        field("gradeCategories", Kind::Many(&GRADE_CATEGORY), "The categories of grades."),
    ],
};

pub(super) static COURSE: Message = Message {
    union: None,
    name: "Course",
    fields: &[
        text("id", "The id of the course. On create, an alias to attach to it."),
        text("name", "The name: 1 to 750 characters."),
        text("section", "The section: at most 2,800 characters."),
        text("descriptionHeading", "The heading of the description: at most 3,600 characters."),
        text("description", "The description: at most 30,000 characters."),
        text("room", "The room: at most 650 characters."),
        text("ownerId", "The owner: an id, an e-mail address or `me`."),
        field("creationTime", Kind::Time, "Output only. When the course was created."),
        field("updateTime", Kind::Time, "Output only. When the course was changed last."),
        text("enrollmentCode", "Output only. The code by which students join."),
        field("courseState", Kind::Choice(&COURSE_STATE), "The state of the course; PROVISIONED if not given."),
        text("alternateLink", "Output only. Where people see the course."),
        text("teacherGroupEmail", "Output only. The address of the group of its teachers."),
        text("courseGroupEmail", "Output only. The address of the group of its members."),
        field("teacherFolder", Kind::One(&DRIVE_FOLDER), "Output only. The folder of its teachers."),
        field("courseMaterialSets", Kind::Many(&COURSE_MATERIAL_SET), "Output only. The materials of its page."),
        field("guardiansEnabled", Kind::Flag, "Output only. Whether guardians are told about it."),
        text("calendarId", "Output only. Its calendar, idempotent it has one."),
        field("gradebookSettings", Kind::One(&GRADEBOOK_SETTINGS), "Output only. How its overall grades come about."),
        text("subject", "The subject."),
        text("levels", "The levels: fewer than 1,000 characters."),
    ],
};

pub(super) static COURSES: Message = Message {
    union: None,
    name: "ListCoursesResponse",
    fields: &[
        field("courses", Kind::Many(&COURSE), "The courses."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

pub(super) static COURSE_ALIAS: Message =
    Message { union: None, name: "CourseAlias", fields: &[text("alias", "The alias: `d:` or `p:` and a name, at most 256 characters.")] };

pub(super) static COURSE_ALIASES: Message = Message {
    union: None,
    name: "ListCourseAliasesResponse",
    fields: &[
        field("aliases", Kind::Many(&COURSE_ALIAS), "The aliases."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

static DATE: Message = Message {
    union: None,
    name: "Date",
    fields: &[
        field("year", Kind::Int32, "The year."),
        field("month", Kind::Int32, "The month, from 1."),
        field("day", Kind::Int32, "The day of the month, from 1."),
    ],
};

static GRADING_PERIOD: Message = Message {
    union: None,
    name: "GradingPeriod",
    fields: &[
        text("id", "Output only. The id of the grading period; names the one to keep in a change."),
        text("title", "The title, which no other period of the course has."),
        field("startDate", Kind::One(&DATE), "The first day."),
        field("endDate", Kind::One(&DATE), "The last day."),
    ],
};

pub(super) static GRADING_PERIOD_SETTINGS: Message = Message {
    union: None,
    name: "GradingPeriodSettings",
    fields: &[
        field("gradingPeriods", Kind::Many(&GRADING_PERIOD), "The grading periods, in order; a change replaces them all."),
        field("applyToExistingCoursework", Kind::Flag, "Whether the periods are applied to coursework that exists."),
        field("previewVersion", Kind::Choice(&PREVIEW_VERSION), "Output only. The version that was asked for."),
    ],
};

pub(super) static ADD_ON_ELIGIBILITY: Message = Message {
    union: None,
    name: "CheckAddOnCreationEligibilityResponse",
    fields: &[text("courseId", "The course."), field("isCreateAttachmentEligible", Kind::Flag, "Whether an attachment could be created.")],
};

pub(super) static GRADING_PERIODS_ELIGIBILITY: Message = Message {
    union: None,
    name: "CheckGradingPeriodsSetupEligibilityResponse",
    fields: &[
        text("courseId", "The course."),
        field("isGradingPeriodsSetupEligible", Kind::Flag, "Whether the grading periods could be changed."),
        field("previewVersion", Kind::Choice(&PREVIEW_VERSION), "Output only. The version that was asked for."),
    ],
};

static NAME: Message = Message {
    union: None,
    name: "Name",
    fields: &[text("givenName", "The given name."), text("familyName", "The family name."), text("fullName", "Both together.")],
};

static GLOBAL_PERMISSION: Message =
    Message { union: None, name: "GlobalPermission", fields: &[field("permission", Kind::Choice(&PERMISSION), "What the user may do.")] };

pub(super) static USER_PROFILE: Message = Message {
    union: None,
    name: "UserProfile",
    fields: &[
        text("id", "The id of the user."),
        field("name", Kind::One(&NAME), "The name of the user."),
        text("emailAddress", "The address of the user; with the scope of addresses alone."),
        text("photoUrl", "A picture of the user."),
        field("permissions", Kind::Many(&GLOBAL_PERMISSION), "What the user may do in the account."),
        field("verifiedTeacher", Kind::Flag, "Whether an administrator knows the user as a teacher."),
    ],
};

pub(super) static TEACHER: Message = Message {
    union: None,
    name: "Teacher",
    fields: &[
        text("courseId", "The course."),
        text("userId", "The user: an id, an e-mail address or `me`."),
        field("profile", Kind::One(&USER_PROFILE), "Output only. The profile of the user."),
    ],
};

pub(super) static STUDENT: Message = Message {
    union: None,
    name: "Student",
    fields: &[
        text("courseId", "The course."),
        text("userId", "The user: an id, an e-mail address or `me`."),
        field("profile", Kind::One(&USER_PROFILE), "Output only. The profile of the user."),
        field("studentWorkFolder", Kind::One(&DRIVE_FOLDER), "Output only. The folder of the student's work."),
    ],
};

pub(super) static TEACHERS: Message = Message {
    union: None,
    name: "ListTeachersResponse",
    fields: &[
        field("teachers", Kind::Many(&TEACHER), "The teachers."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};

pub(super) static STUDENTS: Message = Message {
    union: None,
    name: "ListStudentsResponse",
    fields: &[
        field("students", Kind::Many(&STUDENT), "The students."),
        text("nextPageToken", "What to ask for the next page with; absent on the last."),
    ],
};
