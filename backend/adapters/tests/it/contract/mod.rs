//! One file per port: a list of promises as generic async functions. An adapter
//! runs a list by one line.
