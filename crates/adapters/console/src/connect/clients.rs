//! The lines that connect each client. `docs/CLIENTS.md` says how far each of them was tested.

/// What the lines are filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The URL of the public APIs, without a slash at its end.
    pub(super) base: String,
    /// The id of the account, as clients see it.
    pub(super) account: String,
    /// The id of the account, as test control knows it.
    pub(super) public: String,
    /// The key of the first project of the account.
    pub(super) project: Option<String>,
}

/// Lines to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    /// What they are for: a name that is the same in each language.
    pub(super) name: &'static str,
    pub(super) lines: String,
}

/// What stands in place of the key of a project where there is none.
const PROJECT: &str = "PROJECT";

fn sample(name: &'static str, lines: impl Into<String>) -> Sample {
    Sample { name, lines: lines.into() }
}

impl Place {
    fn project(&self) -> &str {
        self.project.as_deref().unwrap_or(PROJECT)
    }

    /// The host of the base, with its port.
    fn host(&self) -> &str {
        self.base.split_once("://").map_or(self.base.as_str(), |(_, host)| host)
    }
}

/// Lines for the sessions API.
pub(super) fn of_sessions(place: &Place) -> Vec<Sample> {
    let Place { base, account, .. } = place;
    let curl = format!(
        "curl -s {base}/xapi/v2/session/search -H \"Authorization: Bearer $BEARER\" \\\n  -H 'Content-Type: application/json' -d '{{}}'"
    );
    let environment = format!(
        "export PERCULUS_AUTH_URL={base}/auth\nexport PERCULUS_XAPI_URL={base}/xapi\n\
         touch \"$VIRTUAL_ENV/.env\"    # in the active virtual environment"
    );
    let python = format!(
        "from perculus_sdk.client import APIClient\n\nclient = APIClient()\n\
         client.set_credentials(\"ACCESS_KEY\", \"SECRET_KEY\", {account})"
    );
    vec![sample("curl", curl), sample("perculus_sdk: shell", environment), sample("perculus_sdk: Python", python)]
}

/// Lines for the jobs API.
pub(super) fn of_jobs(place: &Place) -> Vec<Sample> {
    let (base, project) = (&place.base, place.project());
    let first = format!("curl -s {base}/api/v1/{project}/jobs -H \"Authorization: $KEY\"");
    let second = format!("curl -s {base}/v2/api/public/{project}/jobs -H \"Authorization: Bearer $KEY\"");
    let python = format!(
        "import os\nimport requests\n\nurl = \"{base}/api/v1/{project}/jobs\"\n\
         print(requests.get(url, headers={{\"Authorization\": os.environ[\"KEY\"]}}, timeout=10).json())"
    );
    let node = format!(
        "const answer = await fetch('{base}/api/v1/{project}/jobs', {{ headers: {{ Authorization: process.env.KEY }} }});\n\
         console.log(await answer.json());"
    );
    vec![sample("curl, /api/v1", first), sample("curl, /v2", second), sample("Python: requests", python), sample("Node: fetch", node)]
}

/// Lines for the courses API.
pub(super) fn of_courses(place: &Place) -> Vec<Sample> {
    let (base, host) = (&place.base, place.host());
    let curl = format!("curl -s {base}/v1/courses -H \"Authorization: Bearer $TOKEN\"");
    let python = format!(
        "from google.oauth2.credentials import Credentials\nfrom googleapiclient.discovery import build\n\nBASE = \"{base}\"\n\
         service = build(\"classroom\", \"v1\", credentials=Credentials(token=\"TOKEN\"),\n                \
         discoveryServiceUrl=BASE + \"/$discovery/rest?version={{apiVersion}}\",\n                \
         static_discovery=False, cache_discovery=False)"
    );
    let node = format!(
        "import {{ auth, classroom }} from '@googleapis/classroom';\n\nconst oauth = new auth.OAuth2();\n\
         oauth.setCredentials({{ access_token: 'TOKEN' }});\n\
         const service = classroom({{ version: 'v1', auth: oauth, rootUrl: '{base}/' }});"
    );
    let rust = format!(
        "let mut hub = google_classroom1::Classroom::new(client, \"TOKEN\".to_string());\n\
         hub.base_url(\"{base}/\".into());\nhub.root_url(\"{base}/\".into());"
    );
    let go = format!("service, err := classroom.NewService(ctx, option.WithEndpoint(\"{base}/\"), option.WithTokenSource(tokens))");
    let ruby = format!("service.root_url = \"{base}/\"");
    let java = format!("new Classroom.Builder(transport, json, credentials).setRootUrl(\"{base}/\")");
    let gam = format!(
        "# A hosts entry leads classroom.googleapis.com to {host}, which has a certificate for that name.\n\
         [DEFAULT]\ncacerts_pem = /etc/ssl/okul/authority.pem\ncustomer_id = C01\n\
         domain = okul.example\nadmin_email = admin@okul.example"
    );
    vec![
        sample("curl", curl),
        sample("Python: google-api-python-client", python),
        sample("Node: @googleapis/classroom", node),
        sample("Rust: google-classroom1", rust),
        sample("Go: google.golang.org/api", go),
        sample("Ruby: google-apis-classroom_v1", ruby),
        sample("Java: google-api-services-classroom", java),
        sample("GAM7: gam.cfg", gam),
    ]
}

/// Lines for tools that read the description of the APIs.
pub(super) fn of_all(place: &Place) -> Vec<Sample> {
    let base = &place.base;
    let page = format!("const answer = await fetch('{base}/v1/courses', {{ headers: {{ Authorization: 'Bearer TOKEN' }} }});");
    vec![
        sample("Bruno", format!("bru import openapi --source {base}/openapi.json --output FOLDER")),
        sample("schemathesis", format!("schemathesis run {base}/openapi.json -H \"Authorization: Bearer $BEARER\"")),
        sample("JavaScript: fetch", page),
    ]
}

/// Lines for test suites. `has_control` is for a process that tests may control.
pub(super) fn of_tests(place: &Place, has_control: bool) -> Vec<Sample> {
    let python = "def test_roster(derslik):                       # its own account, and a clock that stands still\n    \
                  course = derslik.post(\"/v1/courses\", {\"name\": \"Biology 101\", \"ownerId\": \"me\"})\n    \
                  derslik.clock.advance(days=1)\n    \
                  derslik.journal.assert_(count=1, method=\"POST\", path=\"/v1/courses\")";
    let node = "import { Derslik } from 'derslik';\n\
                await using d = await Derslik.start();        // its own account, and a clock that stands still\n\
                const course = await d.post('/v1/courses', { name: 'Biology 101', ownerId: 'me' });\n\
                await d.clock.advance({ days: 1 });\n\
                await d.journal.assert({ path: '/v1/courses' });";
    let rust = "let d = derslik_test::start().await?;          // its own account, and a clock that stands still\n\
                let course = d.post(\"/v1/courses\", &serde_json::json!({\"name\": \"Biology 101\", \"ownerId\": \"me\"})).await?;\n\
                d.clock().advance(std::time::Duration::from_secs(86_400)).await?;";
    let mut samples = vec![sample("Python: pytest", python), sample("Node: derslik", node), sample("Rust: derslik-test", rust)];
    if has_control {
        let account = &place.public;
        let shell = format!(
            "derslik dev clock advance 7d --account {account}\nderslik dev snapshot take begin --account {account}\n\
             derslik dev faults add status --status 429 --path '/v1/courses' --times 2 --account {account}\n\
             derslik dev journal list --account {account}"
        );
        samples.push(sample("derslik dev", shell));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let (base, number) = ("http://127.0.0.1:8080".to_owned(), || "7".to_owned());
        Place { base, account: number(), public: number(), project: None }
    }

    fn lines(samples: &[Sample], name: &str) -> String {
        samples.iter().find(|sample| sample.name == name).map(|sample| sample.lines.clone()).unwrap()
    }

    #[test]
    fn lines_are_filled_in_and_keep_their_braces() {
        let python = lines(&of_courses(&place()), "Python: google-api-python-client");
        assert!(
            python.contains("BASE = \"http://127.0.0.1:8080\"\nservice = build(") && python.contains("version={apiVersion}\""),
            "{python}"
        );
        assert!(python.contains("\n                static_discovery=False"), "{python}");
        let jobs = lines(&of_jobs(&place()), "curl, /api/v1");
        assert_eq!(jobs, "curl -s http://127.0.0.1:8080/api/v1/PROJECT/jobs -H \"Authorization: $KEY\"");
        assert!(lines(&of_sessions(&place()), "curl").ends_with("-d '{}'"));
        assert!(
            lines(&of_courses(&place()), "GAM7: gam.cfg").starts_with("# A hosts entry leads classroom.googleapis.com to 127.0.0.1:8080,")
        );
    }

    #[test]
    fn a_shell_for_tests_is_there_where_tests_control_the_process() {
        let names = |has_control| of_tests(&place(), has_control).into_iter().map(|sample| sample.name).collect::<Vec<_>>();
        assert!(names(true).contains(&"derslik dev") && !names(false).contains(&"derslik dev"));
        let python = lines(&of_tests(&place(), false), "Python: pytest");
        assert!(python.contains("still\n    course = derslik.post("), "{python}");
    }
}
