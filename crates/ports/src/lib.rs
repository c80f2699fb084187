//! The traits through which Derslik is driven (inbound) and through which it drives others (outbound).
