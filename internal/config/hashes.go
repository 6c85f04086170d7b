package config

import (
	"encoding/hex"
	"maps"
	"slices"
)

// hashes is a setting of an account's H(A1) by digest algorithm (RFC 8760).
type hashes struct {
	to *map[string]Secret
}

func (hashes) shape() shape { return mapping }

func (h hashes) read(r *reader, key string, n *node) {
	if n.shape == absent || !r.expect(key, n, mapping) {
		return
	}
	octets := map[string]int{"SHA-256": 32, "MD5": 16}
	read := make(map[string]Secret)
	for _, p := range n.pairs {
		at := join(key, p.key)
		r.where[at] = p.value.at
		text, ok := r.text(at, p.value)
		if !ok {
			r.bad[key] = true
			continue
		}
		digest, err := hex.DecodeString(text)
		switch want := octets[p.key]; {
		case want == 0:
			r.misread(p.at, key, "%q is not one of SHA-256, MD5", p.key)
		case err != nil || len(digest) != want:
			r.bad[key] = true
			r.misread(p.value.at, at, "needs %d hexadecimal digits", 2*want)
		default:
			read[p.key] = Secret(text)
		}
	}
	if len(read) > 0 {
		*h.to = read
	}
}

func (h hashes) print(p *printer, depth int) {
	if len(*h.to) == 0 {
		p.inline("{}")
		return
	}
	p.end()
	for _, algorithm := range slices.Sorted(maps.Keys(*h.to)) {
		p.line(depth, algorithm+": "+quote(string((*h.to)[algorithm])))
	}
}
