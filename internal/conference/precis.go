package conference

import (
	"net/url"
	"strings"

	"golang.org/x/text/secure/precis"
)

// NicknameKey returns what names are compared by: two that look alike to a
// reader in a hurry, in letter case, blanks or width, have the same. RFC 8266
// §2.4. It fails for a name that is empty, or holds what no nickname may.
// [SW-NCK-06]
func NicknameKey(name string) (string, error) { return precis.Nickname.CompareKey(name) }

// nickname enforces the profile of RFC 8266 §2.3 on a name: how it is shown,
// and its key.
func nickname(name string) (shown, key string, err error) {
	if shown, err = precis.Nickname.String(name); err != nil {
		return "", "", err
	}
	key, err = NicknameKey(shown)
	return shown, key, err
}

// looseKey is the key of a name that was never meant to be a nickname, empty if
// it could not be one.
func looseKey(name string) string {
	key, err := NicknameKey(name)
	if err != nil {
		return ""
	}
	return key
}

// userKey is the key of the user part of an address.
func userKey(uri string) string {
	_, rest, ok := strings.Cut(uri, ":")
	user, _, at := strings.Cut(rest, "@")
	if !ok || !at {
		return ""
	}
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return looseKey(user)
}
