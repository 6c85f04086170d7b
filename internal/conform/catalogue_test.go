package conform_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/confab-chat/confab/internal/conform"
)

func TestCatalogueIsWellFormed(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Z]+(-[A-Z]+)?-[0-9]{2}$`)
	seen := make(map[string]bool)
	for _, group := range conform.Catalogue() {
		if group.Title == "" || len(group.Rows) == 0 {
			t.Errorf("group %q has no title or no rows", group.Prefix)
		}
		for _, row := range group.Rows {
			switch {
			case !form.MatchString(row.ID) || !strings.HasPrefix(row.ID, group.Prefix+"-"):
				t.Errorf("%q is no identifier of group %s", row.ID, group.Prefix)
			case seen[row.ID]:
				t.Errorf("%s stands twice", row.ID)
			case row.Strength == "":
				t.Errorf("%s has no strength", row.ID)
			case !strings.HasSuffix(row.Requirement, "."), strings.ContainsAny(row.Requirement, "\t|"), !utf8.ValidString(row.Requirement):
				t.Errorf("%s: no sentence: %q", row.ID, row.Requirement)
			case len(strings.Fields(row.Requirement)) > 25:
				t.Errorf("%s takes more than 25 words", row.ID)
			case !conform.Known(row.ID):
				t.Errorf("%s is listed and not known", row.ID)
			}
			seen[row.ID] = true
		}
	}
	if len(seen) != 583 {
		t.Errorf("the catalogue has %d rows; the identifiers are fixed and there are 583", len(seen))
	}
}

// TestClauses has each subclause name rows that exist and code that is there, and each
// procedure of focus, notification service and participant belong to a subclause.
func TestClauses(t *testing.T) {
	t.Parallel()
	indexed := make(map[string]bool)
	for _, clause := range conform.Clauses() {
		if !strings.HasPrefix(clause.Number, "7.") || clause.Title == "" || len(clause.Code) == 0 {
			t.Errorf("subclause %q has no number, no title or no code", clause.Number)
		}
		for _, name := range clause.Names {
			if !slices.ContainsFunc(clause.Rows, func(r conform.Row) bool { return strings.HasPrefix(r.ID+"-", name+"-") }) {
				t.Errorf("%s: %s is neither a group nor a row", clause.Number, name)
			}
		}
		for _, row := range clause.Rows {
			indexed[row.ID] = true
		}
		for _, path := range clause.Code {
			if _, err := os.Stat("../../" + path); err != nil {
				t.Errorf("%s: %v", clause.Number, err)
			}
		}
	}
	for _, group := range conform.Catalogue() {
		prefix, _, _ := strings.Cut(group.Prefix, "-")
		if !slices.Contains([]string{"FOC", "NOT", "PAR", "MIX"}, prefix) {
			continue
		}
		for _, row := range group.Rows {
			if !indexed[row.ID] {
				t.Errorf("%s belongs to no subclause", row.ID)
			}
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "COM", "COM-1", "COM-99", "# COM", "com-01", "COM-01\tMUST", "MUST"} {
		if conform.Known(id) {
			t.Errorf("%q is no row and known", id)
		}
	}
	if !conform.Known("COM-01") || !conform.Known("DC-01") {
		t.Error("the first and the last row are not known")
	}
}

// failures is a testing.TB that only remembers what was reported.
type failures struct {
	testing.TB

	texts []string
}

func (*failures) Helper() {}

func (f *failures) Error(...any) { f.texts = append(f.texts, "empty") }

func (f *failures) Errorf(_ string, args ...any) {
	for _, arg := range args {
		if id, ok := arg.(string); ok {
			f.texts = append(f.texts, id)
		}
	}
}

func TestCoversRefusesWhatIsNoRow(t *testing.T) {
	t.Parallel()
	var seen failures
	cover := conform.Covers // not a claim: the page reads direct calls only
	cover(&seen, "COM-01", "NO-SUCH-ROW", "MSRP-FRM-01")
	cover(&seen)
	if got := strings.Join(seen.texts, ","); got != "NO-SUCH-ROW,empty" {
		t.Errorf("reported %q", got)
	}
}
