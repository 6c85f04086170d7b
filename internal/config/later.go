package config

// later reports keys that were set to something this version cannot do, so that
// nobody relies on what is not there. A feature that comes takes its line away.
func later(c *Config, r *reader) {
}
