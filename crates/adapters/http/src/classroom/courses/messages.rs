//! The messages of courses.

use crate::classroom::engine::{Choice, Kind, Message, field, text};

pub(super) static COURSE_STATE: Choice = Choice {
    name: "CourseState",
    values: &["COURSE_STATE_UNSPECIFIED", "ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED", "SUSPENDED"],
    meanings: &[
        "Not set.",
        "Its members use it.",
        "It is read and not changed.",
        "It waits for its owner to accept it.",
        "Its owner did not accept it.",
        "The operator has closed it.",
    ],
};

pub(super) static CALCULATION_TYPE: Choice = Choice {
    name: "CalculationType",
    values: &["CALCULATION_TYPE_UNSPECIFIED", "TOTAL_POINTS", "WEIGHTED_CATEGORIES"],
    meanings: &["Not set.", "The points earned, of all points.", "The grades of the categories by their weights."],
};

pub(super) static DISPLAY_SETTING: Choice = Choice {
    name: "DisplaySetting",
    values: &["DISPLAY_SETTING_UNSPECIFIED", "SHOW_OVERALL_GRADE", "HIDE_OVERALL_GRADE", "SHOW_TEACHERS_ONLY"],
    meanings: &["Not set.", "Students see it.", "It is not shown.", "Teachers alone see it."],
};

pub(crate) static DRIVE_FOLDER: Message = Message {
    union: None,
    name: "DriveFolder",
    fields: &[
        text("id", "The id of the folder."),
        text("title", "Output only. The title of the folder."),
        text("alternateLink", "Output only. Where the folder can be seen."),
    ],
};

pub(crate) static DRIVE_FILE: Message = Message {
    union: None,
    name: "DriveFile",
    fields: &[
        text("id", "The id of the file."),
        text("title", "Output only. The title of the file."),
        text("alternateLink", "Output only. Where the file can be seen."),
        text("thumbnailUrl", "Output only. A small picture of the file."),
    ],
};

pub(crate) static YOU_TUBE_VIDEO: Message = Message {
    union: None,
    name: "YouTubeVideo",
    fields: &[
        text("id", "The id of the video."),
        text("title", "Output only. The title of the video."),
        text("alternateLink", "Output only. Where the video can be seen."),
        text("thumbnailUrl", "Output only. A small picture of the video."),
    ],
};

pub(crate) static LINK: Message = Message {
    union: None,
    name: "Link",
    fields: &[
        text("url", "The address, 1 to 2,024 characters."),
        text("title", "Output only. The title of the page."),
        text("thumbnailUrl", "Output only. A small picture of the page."),
    ],
};

pub(crate) static FORM: Message = Message {
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

pub(crate) static GRADE_CATEGORY: Message = Message {
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
        field("courseMaterialSets", Kind::Many(&COURSE_MATERIAL_SET), "Output only. Deprecated. The materials of its page."),
        field("guardiansEnabled", Kind::Flag, "Output only. Whether guardians are told about it."),
        text("calendarId", "Output only. Its calendar, once it has one."),
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

pub(super) static ADD_ON_ELIGIBILITY: Message = Message {
    union: None,
    name: "CheckAddOnCreationEligibilityResponse",
    fields: &[text("courseId", "The course."), field("isCreateAttachmentEligible", Kind::Flag, "Whether an attachment could be created.")],
};
