package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// users writes a file of accounts and reads a configuration that names it.
func users(t *testing.T, text, more string) (*Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(key string) (string, bool) { return "from-the-environment", key == "SECRET" }
	return Parse("c", []byte("auth: {users_file: '"+name+"'"+more+"}\n"), env)
}

func TestUsersFile(t *testing.T) {
	c, err := users(t, "- {aor: sip:a@b.test, password: '${SECRET}', display: A}\n- {aor: sip:c@b.test, password: y}\n",
		", users: [{aor: sip:d@b.test, password: z}]")
	if err != nil {
		t.Fatal(err)
	}
	all := c.Auth.Accounts()
	if len(all) != 3 || all[0].AOR != "sip:d@b.test" || all[1].Password != "from-the-environment" || all[1].Display != "A" {
		t.Errorf("%+v", all)
	}
}

func TestUsersFileFaults(t *testing.T) {
	tests := map[string]struct{ text, more, want string }{
		"no list":         {"aor: sip:a@b.test\n", "", "users.yaml:1:1: auth.users_file: needs a list and has a mapping"},
		"unknown key":     {"- {aor: sip:a@b.test, password: x, pin: 1}\n", "", `users.yaml:1:36: unknown key "auth.users_file[0].pin"`},
		"no password":     {"- {aor: sip:a@b.test}\n", "", "users.yaml:1:4: auth.users_file[0]: needs a password or ha1"},
		"stands in both":  {"- {aor: 'sip:a@B.test', password: x}\n", ", users: [{aor: sip:a@b.test, password: z}]", "auth.users_file[0].aor: sip:a@B.test stands twice"},
		"nobody":          {"- {aor: 'sip:b.test', password: x}\n", "", `auth.users_file[0].aor: "sip:b.test" has no user part`},
		"unasked hash":    {"- {aor: 'sip:a@b.test', ha1: {MD5: 00112233445566778899aabbccddeeff}}\n", "", "auth.users_file[0].ha1: has none for SHA-256"},
		"algorithm twice": {"[]\n", ", algorithms: [MD5, MD5]", "auth.algorithms[1]: MD5 stands twice"},
		"no algorithm":    {"[]\n", ", algorithms: []", "auth.algorithms: needs at least one algorithm"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := users(t, test.text, test.more)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if _, err := Parse("c", []byte("auth: {users_file: /dev/null}\n"), nil); err == nil {
		t.Error("a device is taken for a file")
	}
}
