//go:build !race

package server

// fold is by how much the sieges are smaller than they are meant to be.
const fold = 1
