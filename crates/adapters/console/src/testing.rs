//! What tests of pages share: a console over mocks of its ports, and requests to it.
