package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Load reads the file name, or starts from the local profile if name is "", and
// applies the environment. An error other than Faults means that the file could
// not be read.
func Load(name string, env Lookup) (*Config, error) {
	if name == "" {
		profile := LocalProfile()
		profile.Store.Path = stateFolder(env)
		return read(profile, "", nil, env)
	}
	f, err := os.Open(name) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("config: read %s: %w", name, err)
	}
	return Parse(name, text, env)
}

// stateFolder is where programs of the user keep what is to outlive them, "" if
// nothing says where that is. XDG Base Directory Specification.
func stateFolder(env Lookup) string {
	if env == nil {
		return ""
	}
	if state, _ := env("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "confab")
	}
	if home, _ := env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "confab")
	}
	return ""
}

// Parse reads the text of the file name, which only appears in faults, over the
// built-in configuration and applies the environment; a nil env is an empty one.
// The error is of type Faults.
func Parse(name string, text []byte, env Lookup) (*Config, error) {
	return read(Default(), name, text, env)
}

// read reads a file and the environment over base.
func read(base *Config, name string, text []byte, env Lookup) (*Config, error) {
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	r := newReader(name, env)
	root, faults := parseYAML(name, text)
	r.faults = faults
	if root == nil {
		root = &node{}
	}
	if len(faults) > 0 && root.shape == absent {
		return nil, r.faults.err() // nothing could be read: no use in listing what is missing
	}
	keys(base).read(r, "", root)
	readUsersFile(base, r)
	if !r.given("factory") {
		base.Factory = []string{"sip:factory@" + base.Domain}
	}
	if r.given("store.path") && !r.given("store.required") {
		base.Store.Required = true // who names a folder wants it
	}
	validate(base, r)
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	return base, nil
}

// Validate checks a configuration made by a program as Parse checks one read
// from a file, save for the form of single values. The error is of type Faults.
func (c *Config) Validate() error {
	r := newReader("", nil)
	validate(c, r)
	return r.faults.err()
}
