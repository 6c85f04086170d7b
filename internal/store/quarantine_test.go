package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/store"
)

// TestQuarantinesGo ends many conferences, each of which leaves its URI in
// quarantine for a while that is soon over.
func TestQuarantinesGo(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	drop := func(user string, until time.Time) {
		t.Helper()
		done := make(chan error, 1)
		db.Drop(here(user), until, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	drop("long", time.Now().Add(time.Hour))
	for i := range 600 {
		drop(strconv.Itoa(i), time.Now().Add(-time.Second))
	}
	if n := store.Quarantines(t, db); n > 256 {
		t.Errorf("%d quarantines are kept", n)
	}
	records, err := db.Load(t.Context())
	if err != nil || len(records.Quarantined) != 1 {
		t.Errorf("%v, %v", records.Quarantined, err)
	}
}
