//! Forms with a file, as browsers send them: `multipart/form-data` of RFC 7578.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, HeaderValue};
use memchr::memmem;

use crate::fields::Fields;

const LINE_END: &[u8] = b"\r\n";

/// The boundary of a form with a file; `None` for another body.
pub(crate) fn boundary(request: &ServiceRequest) -> Option<String> {
    let kind = request.mime_type().ok()??;
    let boundary = kind.get_param("boundary")?;
    (kind.essence_str() == "multipart/form-data").then(|| boundary.as_str().to_owned())
}

/// The fields of such a form, and the content of its file, which is empty if none was chosen. `None` for a body of another form.
pub(crate) fn read(body: &[u8], boundary: &str) -> Option<(Fields, Vec<u8>)> {
    let delimiter = format!("\r\n--{boundary}");
    let delimiter = delimiter.as_bytes();
    // No line stands before the first one.
    let mut rest = body.strip_prefix(delimiter.strip_prefix(LINE_END)?)?;
    let (mut fields, mut file) = (Vec::new(), Vec::new());
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(LINE_END)?;
        let (part, after) = part.split_at_checked(memmem::find(part, delimiter)?)?;
        rest = after.strip_prefix(delimiter)?;
        let (head, content) = part.split_at_checked(memmem::find(part, b"\r\n\r\n")?)?;
        let content = content.strip_prefix(b"\r\n\r\n")?;
        let disposition = disposition(head)?;
        if disposition.get_filename().is_some() {
            file = content.to_vec();
        } else {
            fields.push((disposition.get_name()?.to_owned(), String::from_utf8_lossy(content).into_owned()));
        }
    }
    Some((Fields::of(fields), file))
}

/// What the head of a part says about it.
fn disposition(head: &[u8]) -> Option<ContentDisposition> {
    let lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let value = lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':')).find_map(|(name, value)| {
        let is_disposition = name.eq_ignore_ascii_case(CONTENT_DISPOSITION.as_str());
        is_disposition.then_some(value.trim())
    })?;
    ContentDisposition::from_raw(&HeaderValue::from_bytes(value.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// A form as Chromium sends it.
    fn form(file_name: &str, content: &[u8]) -> Vec<u8> {
        let before = format!(
            "--b0\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nön-1\r\n--b0\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        [before.as_bytes(), content, b"\r\n--b0--\r\n"].concat()
    }

    #[test]
    fn a_file_comes_with_the_fields_of_its_form_as_it_is() {
        let content = b"\x28\xb5\x2f\xfd\r\n--b\r\n\r\n\0";
        let (fields, file) = read(&form("öğle; name=\\\"x\\\".derslik", content), "b0").unwrap();
        assert_eq!((fields.get("name"), fields.get("file")), (Some("ön-1"), None));
        assert_eq!(file, content);
        assert!(read(&form("", b""), "b0").is_some_and(|(_, file)| file.is_empty()));
    }

    #[test]
    fn a_body_that_is_cut_off_or_of_another_form_is_refused() {
        let whole = form("a", b"abc");
        for length in 0..whole.len() - 4 {
            assert!(read(&whole[..length], "b0").is_none(), "{length}");
        }
        for body in ["", "a=1", "--b0\r\n\r\n\r\n--b0--", "--b0\r\nContent-Disposition: form-data\r\n\r\n\r\n--b0--"] {
            assert!(read(body.as_bytes(), "b0").is_none(), "{body}");
        }
    }

    #[test]
    fn the_type_of_the_body_has_the_boundary() {
        for (kind, expected) in [
            ("multipart/form-data; boundary=----WebKitFormBoundaryAb1", Some("----WebKitFormBoundaryAb1")),
            ("multipart/mixed; boundary=b0", None),
            ("application/x-www-form-urlencoded", None),
        ] {
            let request = TestRequest::post().insert_header(("Content-Type", kind)).to_srv_request();
            assert_eq!(boundary(&request).as_deref(), expected, "{kind}");
        }
    }
}
