//go:build !race

package notify

// histories is how many random histories are played.
const histories = 1000
