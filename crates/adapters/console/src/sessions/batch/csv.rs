//! A batch as CSV: a first line with the field names of the wire, then a line for each session. Cells are parted by commas, semicolons or
//! tabs, and may stand in quotation marks. An empty cell counts as not sent.

use derslik_domain::form::{Field, FieldFault, RawText};
use derslik_domain::session::{BatchItem, OptionFlag, OptionName, OptionsForm, SessionForm, SessionStatus, Target};

use super::lines::{Line, Unreadable};
use crate::sessions::options::{FLAGS, PREPARATION_TIME, RETURN_URL, path};
use crate::sessions::times;

/// The names of columns beside those of switches.
const NAMES: [&str; 13] = [
    "session_guid",
    "name",
    "description",
    "tags",
    "start_date",
    "duration",
    "lang",
    "allow_recording",
    "inaccessible_replay",
    "timezone",
    "status",
    PREPARATION_TIME,
    RETURN_URL,
];

/// Reads the sessions below the line of names.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Unreadable> {
    let mut records = records(text, mark_of(text))?.into_iter();
    let Some(head) = records.next() else { return Err(Unreadable::Empty) };
    let columns = columns(&head)?;
    Ok(records.map(|cells| line(&columns, &cells)).collect())
}

/// The mark between cells: the one that the first line has most of.
fn mark_of(text: &str) -> char {
    let head = text.lines().next().unwrap_or_default();
    let marks = ['\t', ';', ','].into_iter().max_by_key(|mark| head.matches(*mark).count());
    marks.unwrap_or(',')
}

/// The cells of each line that has any.
fn records(text: &str, mark: char) -> Result<Vec<Vec<String>>, Unreadable> {
    let (mut records, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    // The line in which the present quotation begins.
    let mut quotation = None;
    let (mut line, mut letters) = (1, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match (letter, quotation) {
            ('"', Some(_)) if letters.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', Some(_)) => quotation = None,
            ('"', None) if cell.trim().is_empty() => {
                cell.clear();
                quotation = Some(line);
            }
            ('\n', None) => {
                cells.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut cells));
            }
            ('\r', None) => {}
            (_, None) if letter == mark => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
        line += usize::from(letter == '\n');
    }
    if let Some(line) = quotation {
        return Err(Unreadable::Quotation { line });
    }
    cells.push(cell);
    records.push(cells);
    records.retain(|cells| cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(records)
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Field(&'static str),
    Flag(OptionFlag),
    /// A column without a name.
    Blank,
}

fn columns(head: &[String]) -> Result<Vec<Column>, Unreadable> {
    let (mut columns, mut wrong) = (Vec::new(), Vec::new());
    for name in head.iter().map(|name| name.trim()) {
        let field = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).map(Column::Field);
        let flag = || FLAGS.into_iter().find(|(known, _)| path(known).eq_ignore_ascii_case(name)).map(|(_, flag)| Column::Flag(flag));
        match field.or_else(flag) {
            _ if name.is_empty() => columns.push(Column::Blank),
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => wrong.push(name),
        }
    }
    if wrong.is_empty() { Ok(columns) } else { Err(Unreadable::Columns(wrong.join(", "))) }
}

fn line(columns: &[Column], cells: &[String]) -> Line {
    let row = Row { columns, cells };
    let name = row.cell("name").unwrap_or_default().to_owned();
    if cells.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
        return Line::unreadable(name);
    }
    let target = match row.cell("session_guid") {
        None => Target::New,
        Some(guid) => guid.trim().parse().map_or(Target::Impossible, Target::Existing),
    };
    Line { name, item: BatchItem::Session(target, Box::new(row.form())) }
}

/// A line below the line of names.
struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [String],
}

impl<'a> Row<'a> {
    fn place(&self, place: Option<usize>) -> Option<&'a str> {
        self.cells.get(place?).map(String::as_str).filter(|cell| !cell.trim().is_empty())
    }

    /// The cell of a column, unless it is blank.
    fn cell(&self, name: &str) -> Option<&'a str> {
        self.place(self.columns.iter().position(|column| matches!(column, Column::Field(known) if *known == name)))
    }

    fn text(&self, name: &str) -> Field<RawText> {
        self.cell(name).map_or(Field::Missing, |cell| Field::Given(cell.as_bytes().to_vec()))
    }

    /// A text without the white space around it, changed by `write`.
    fn trimmed(&self, name: &str, write: impl FnOnce(&str) -> String) -> Field<RawText> {
        self.cell(name).map_or(Field::Missing, |cell| Field::Given(write(cell.trim()).into_bytes()))
    }

    fn number(&self, name: &str) -> Field<i64> {
        self.cell(name).map_or(Field::Missing, |cell| cell.trim().parse().map_or(Field::Mistyped, Field::Given))
    }

    fn boolean(&self, name: &str) -> Field<bool> {
        self.cell(name).map_or(Field::Missing, |cell| boolean(cell).map_or(Field::Mistyped, Field::Given))
    }

    fn form(&self) -> SessionForm {
        SessionForm {
            name: self.text("name"),
            description: self.text("description"),
            tags: self.text("tags"),
            start_date: self.trimmed("start_date", times::written),
            duration: self.number("duration"),
            lang: self.trimmed("lang", str::to_owned),
            allow_recording: self.boolean("allow_recording"),
            inaccessible_replay: self.boolean("inaccessible_replay"),
            options: Field::Given(self.options()),
            timezone: self.trimmed("timezone", str::to_owned),
            status: self.number("status").map(SessionStatus::by_code),
        }
    }

    fn options(&self) -> OptionsForm {
        let mut form = OptionsForm {
            preparation_time: self.number(PREPARATION_TIME),
            return_url: self.trimmed(RETURN_URL, str::to_owned),
            ..OptionsForm::default()
        };
        for (_, flag) in FLAGS {
            let Some(cell) = self.place(self.columns.iter().position(|column| *column == Column::Flag(flag))) else { continue };
            match boolean(cell) {
                Some(on) => form.flags = form.flags.with(flag, on),
                None => form.faults.push((OptionName::Flag(flag), FieldFault::Mistyped)),
            }
        }
        form
    }
}

/// Whether a cell says yes or no.
fn boolean(cell: &str) -> Option<bool> {
    let cell = cell.trim();
    let is_one_of = |words: [&str; 2]| words.iter().any(|word| word.eq_ignore_ascii_case(cell));
    if is_one_of(["true", "1"]) {
        Some(true)
    } else if is_one_of(["false", "0"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<SessionForm> {
        let form = |line: Line| match line.item {
            BatchItem::Session(_, form) => *form,
            other @ BatchItem::Unreadable(_) => panic!("not a session: {other:?}"),
        };
        read(text).unwrap().into_iter().map(form).collect()
    }

    #[test]
    fn cells_are_found_by_the_names_of_their_columns() {
        let text = "name;Start_Date;duration;allow_recording;options.chat.offMessageModule;options.preparation_time;status\n\
                    Fizik;25.11.2026 9:30;45;0;true;5;0\n\n;;x;maybe;maybe;;\n";
        let forms = forms(text);
        assert_eq!(forms[0].name, Field::Given("Fizik".into()));
        assert_eq!(forms[0].start_date, Field::Given(b"2026-11-25T09:30".to_vec()));
        assert_eq!((&forms[0].duration, &forms[0].allow_recording), (&Field::Given(45), &Field::Given(false)));
        assert_eq!(forms[0].status, Field::Given(Some(SessionStatus::Passive)));
        let Field::Given(options) = &forms[0].options else { panic!("options") };
        assert_eq!(options.flags.get(OptionFlag::ChatOffMessageModule), Some(true));
        assert_eq!(options.preparation_time, Field::Given(5));
        assert_eq!((&forms[1].name, &forms[1].duration, &forms[1].allow_recording), (&Field::Missing, &Field::Mistyped, &Field::Mistyped));
    }

    #[test]
    fn cells_in_quotation_marks_hold_any_character() {
        let forms = forms("name,description,tags\n\"a, \"\"b\"\"\",\"two\nlines\",\"x,y\"\n");
        assert_eq!(forms.len(), 1);
        assert_eq!(forms[0].name, Field::Given(b"a, \"b\"".to_vec()));
        assert_eq!((&forms[0].description, &forms[0].tags), (&Field::Given(b"two\nlines".to_vec()), &Field::Given(b"x,y".to_vec())));
        assert_eq!(read("name\na\n\"b"), Err(Unreadable::Quotation { line: 3 }));
    }

    #[test]
    fn unknown_and_repeated_columns_are_refused() {
        assert_eq!(read("name,colour,name\na,b,c"), Err(Unreadable::Columns("colour, name".to_owned())));
        assert_eq!(read("name\ta b\n1\t2"), Err(Unreadable::Columns("a b".to_owned())));
        assert!(read("name,,tags\na,,c\n").is_ok());
    }

    #[test]
    fn a_line_with_more_cells_than_names_is_not_a_session() {
        let lines = read("name,tags\na,b,c\nd,e,\nf\n").unwrap();
        assert_eq!(lines[0], Line::unreadable("a".to_owned()));
        assert!(lines[1..].iter().all(|line| matches!(line.item, BatchItem::Session(Target::New, _))));
        let changes = read("session_guid,name\n61E3D504-13EE-447F-9B36-6686C5C39FEB,a\nx,b\n").unwrap();
        assert!(matches!(changes[0].item, BatchItem::Session(Target::Existing(_), _)));
        assert!(matches!(changes[1].item, BatchItem::Session(Target::Impossible, _)));
    }
}
