//go:build race

package server

// fold is by how much the sieges are smaller than they are meant to be: the race
// detector makes everything take ten times as long, and the memory several times
// as much.
const fold = 10
