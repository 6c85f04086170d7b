// Package config is the configuration of a confab server: one struct that every
// part is built from, the YAML file and environment it is read from, and the
// commented file that it prints as.
//
// The file is strict: an unknown key, a value that means nothing and a key whose
// feature this version lacks are faults, all of them reported at once with file,
// line and column. Every key stands in one table (keys.go) with its name, what it
// means and where its value goes; reading, overriding by environment variables
// and printing all walk that table. The package opens no socket and reads no file
// but the configuration itself; making servers of it is the work of
// internal/server.
package config
