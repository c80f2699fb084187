//! The ports of the console.

use std::sync::Arc;

use derslik_console::{ClientPorts, ConsolePorts, ControlPorts, OperatorPorts};
use derslik_http::Services;
use derslik_operations::Control;
use derslik_ports::inbound::HealthService;
use derslik_ports::inbound::operators::VitalsReading;

use super::{Installation, Operators, operators_knowing};
use crate::config::Config;

impl Installation {
    /// The ports of the console: those of operators, and of clients as the server calls them.
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
    ) -> anyhow::Result<ConsolePorts> {
        let Operators { sign_ins, backlog, .. } = self.operators();
        let keys = config.audit.seal_keys(&[])?;
        let (uow, system, account_ids) = (self.uow.clone(), self.system.clone(), Arc::clone(&self.account_ids));
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
            clock: self.clock(),
            ids: Arc::clone(&self.account_ids),
            control: control.map(of_control),
        })
    }
}

fn of_operators(operators: Operators) -> OperatorPorts {
    let Operators { accounts, actors, credentials, users, tokens, projects, admins, courses, jobs, erasures, audit, due, .. } = operators;
    OperatorPorts { accounts, actors, credentials, users, tokens, projects, admins, courses, jobs, erasures, audit, due }
}

fn of_control(control: &Control) -> ControlPorts {
    let Control { accounts, seeds, snapshots, clock, ids: _, faults, journal } = control.clone();
    ControlPorts { accounts, seeds, snapshots, clock, faults, journal }
}
