package sdp

import (
	"slices"
	"testing"
)

// FuzzPreconditions: what is read and written says the same, the other side's view of the
// other side's view is one's own, and an answer neither lowers a strength nor says of the
// peer's resources what he has not said.
func FuzzPreconditions(f *testing.F) {
	f.Add("curr:qos local none\ncurr:qos remote none\ndes:qos mandatory local sendrecv\ndes:qos none remote sendrecv", true)
	f.Add("curr:qos e2e send\ndes:qos optional e2e send\ndes:qos mandatory e2e recv\nconf:qos e2e recv", false)
	f.Add("des:sec mandatory remote send\ndes:qos failure local send\ncurr:sec local sendrecv", true)
	f.Fuzz(func(t *testing.T, text string, ready bool) {
		offer := description(text)
		tables := StatusTables(parsed(offer))
		var lines []Precondition
		for _, table := range tables {
			if table.Reverse().Reverse() != table {
				t.Fatalf("reversed twice: %+v", table)
			}
			lines = append(lines, table.Lines()...)
		}
		if again := StatusTables(lines); !slices.Equal(again, tables) {
			t.Fatalf("read again:\n%+v\nwas\n%+v", again, tables)
		}
		for _, table := range tables {
			answer, theirs := table.answer(ready), table.Reverse()
			for s := range segment(segments) {
				for d, r := range answer.rows[s] {
					was := theirs.rows[s][d]
					if r.desired < was.desired || s == remoteSegment && r.current != was.current {
						t.Errorf("%s %d: %+v answered %+v", s, d, was, r)
					}
				}
			}
		}
	})
}
