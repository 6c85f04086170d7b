//go:build race

package notify

// histories is how many random histories are played: the race detector makes
// each six times as long, and finds nothing in a history that it has not found
// in another.
const histories = 100
