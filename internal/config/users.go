package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// readUsersFile reads the list of accounts in auth.users_file.
func readUsersFile(c *Config, r *reader) {
	const key = "auth.users_file"
	name := c.Auth.UsersFile
	if name == "" || r.bad[key] {
		return
	}
	text, err := readSmall(name)
	if err != nil {
		complain(r, key, "%v", err)
		return
	}
	root, faults := parseYAML(name, text)
	r.faults = append(r.faults, faults...)
	if root == nil || len(faults) > 0 && root.shape == absent {
		return
	}
	sections[User]{&c.Auth.FileUsers, func() User { return User{} }, userKeys}.read(r, key, root)
}

// readSmall reads a file of at most maxFile octets.
func readSmall(name string) ([]byte, error) {
	about, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() || about.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %s", name, Size(maxFile))
	}
	f, err := os.Open(name) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	return text, errors.Join(err, f.Close())
}

// validateUsers: each account has an address of its own and a way to prove itself.
func validateUsers(c *Config, r *reader) {
	if len(c.Auth.Algorithms) == 0 {
		complain(r, "auth.algorithms", "needs at least one algorithm")
	}
	for i, name := range c.Auth.Algorithms {
		if slices.Index(c.Auth.Algorithms, name) < i {
			complain(r, fmt.Sprintf("auth.algorithms[%d]", i), "%s stands twice", name)
		}
	}
	seen := make(map[string]bool)
	for i, u := range c.Auth.Users {
		validateUser(c, r, fmt.Sprintf("auth.users[%d]", i), u, seen)
	}
	for i, u := range c.Auth.FileUsers {
		validateUser(c, r, fmt.Sprintf("auth.users_file[%d]", i), u, seen)
	}
}

func validateUser(c *Config, r *reader, key string, u User, seen map[string]bool) {
	aor, named := addressOf(u.AOR)
	switch {
	case r.bad[key] || r.bad[key+".aor"]:
	case u.AOR == "":
		complain(r, key+".aor", "is missing")
	case !named:
		complain(r, key+".aor", "%q has no user part", u.AOR)
	case seen[aor]:
		complain(r, key+".aor", "%s stands twice", u.AOR)
	case u.Password == "" && len(u.HA1) == 0 && !r.bad[key+".ha1"]:
		complain(r, key, "needs a password or ha1")
	case u.Password != "" && len(u.HA1) > 0:
		complain(r, key, "has both a password and ha1")
	case u.Password == "" && !r.bad[key+".ha1"]:
		for _, name := range c.Auth.Algorithms {
			if u.HA1[name] == "" {
				complain(r, key+".ha1", "has none for %s, which auth.algorithms asks for", name)
			}
		}
	}
	seen[aor] = true
}

// addressOf is a URI as an address of record, in a form that can be compared, and
// whether it names a user.
func addressOf(text string) (string, bool) {
	u, err := sipmsg.ParseURI(text)
	if err != nil {
		return text, false
	}
	return u.UserDecoded() + "@" + strings.ToLower(u.Host), u.User != ""
}
