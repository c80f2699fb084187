//! The methods of the original that are not carried out here. The discovery document describes them in words of our own, so that a
//! client that is built from it knows them, and a call of one of them is answered 501. A resource that is carried out one day takes its
//! messages and its methods from here.

mod add_ons;
mod add_ons_of_items;
mod add_ons_of_posts;
mod announcements;
mod course_work;
mod guardians;
mod invitations;
mod materials;
mod parameters;
mod registrations;
mod rubrics;
mod stream;
mod student_groups;
mod submissions;
mod topics;

use crate::classroom::engine::Described;

/// Every such method, resource by resource.
pub(super) static DESCRIBED: [&[Described]; 12] = [
    &announcements::DESCRIBED,
    &course_work::DESCRIBED,
    &rubrics::DESCRIBED,
    &submissions::DESCRIBED,
    &materials::DESCRIBED,
    &topics::DESCRIBED,
    &student_groups::DESCRIBED,
    &add_ons_of_items::DESCRIBED,
    &add_ons_of_posts::DESCRIBED,
    &invitations::DESCRIBED,
    &registrations::DESCRIBED,
    &guardians::DESCRIBED,
];
