//! The ports of the console.

use std::sync::Arc;

use derslik_console::{ClientPorts, ConsolePorts, ControlPorts, OperatorPorts};
use derslik_http::Services;
use derslik_operations::Control;
use derslik_ports::inbound::HealthService;
use derslik_ports::inbound::operators::VitalsReading;
use derslik_ports::outbound::Loopback;
use derslik_services::replays::{ReplayPorts, Replays};

use super::{Installation, Operators, TestState, operators_knowing};
use crate::config::Config;
use crate::system::SystemIds;

impl Installation {
    /// The ports of the console: those of operators, and of clients as the server calls them. With test control, requests are sent again
    /// by `loopback`.
    ///
    /// # Errors
    /// If a key of the seals can't be used.
    pub fn console(
        &self,
        config: &Config,
        services: &Services,
        health: Arc<dyn HealthService>,
        vitals: Arc<dyn VitalsReading>,
        control: Option<&Control>,
        loopback: Arc<dyn Loopback>,
    ) -> anyhow::Result<ConsolePorts> {
        let Operators { sign_ins, backlog, .. } = self.operators();
        let keys = config.audit.seal_keys(&[])?;
        let (uow, system, account_ids) = (self.uow.clone(), self.system.clone(), Arc::clone(&self.account_ids));
        let (clock, of_all_accounts) = (self.clock(), self.clock());
        let of_all = Arc::clone(&sign_ins);
        Ok(ConsolePorts {
            operators_for: Arc::new(move |requester| {
                of_operators(operators_knowing(&uow, &system, &account_ids, Arc::clone(&of_all), requester))
            }),
            clients: ClientPorts {
                sessions: Arc::clone(&services.sessions),
                attendees: Arc::clone(&services.attendees),
                courses: Arc::clone(&services.courses),
                rosters: Arc::clone(&services.rosters),
                people: Arc::clone(&services.people),
                jobs: Arc::clone(&services.jobs),
            },
            sign_ins,
            health,
            backlog,
            vitals,
            verification: keys.map(|keys| self.audit_verification(keys)),
            time: Arc::new(move || of_all_accounts.now()),
            time_of: Arc::new(move |account| clock.now_of(account)),
            ids: Arc::clone(&self.account_ids),
            control: control.zip(self.tests.as_ref()).map(|(control, tests)| self.of_control(control, tests, loopback)),
        })
    }

    fn of_control(&self, control: &Control, tests: &TestState, loopback: Arc<dyn Loopback>) -> ControlPorts {
        let Control { accounts, seeds, snapshots, clock, ids: account_ids, faults, journal } = control.clone();
        let (tickets, ids) = (Arc::clone(&tests.tickets), Arc::new(SystemIds));
        let ports = ReplayPorts { journal: Arc::clone(&journal), account_ids, tickets, ids, loopback };
        let replay = Arc::new(Replays::new(self.uow.clone(), ports));
        ControlPorts { accounts, seeds, snapshots, clock, faults, journal, replay }
    }
}

fn of_operators(operators: Operators) -> OperatorPorts {
    let Operators { accounts, actors, credentials, users, tokens, projects, admins, courses, jobs, erasures, audit, due, .. } = operators;
    OperatorPorts { accounts, actors, credentials, users, tokens, projects, admins, courses, jobs, erasures, audit, due }
}
