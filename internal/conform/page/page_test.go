package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// root is the repository, seen from this package's folder.
const root = "../../.."

func TestPageIsFresh(t *testing.T) {
	t.Parallel()
	repository := os.DirFS(root)
	want, err := page(repository)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(root + "/" + target)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): run go generate ./internal/conform", target, err)
	}
}

// source makes a test file that calls Covers as the lines of body say.
func source(body string) string {
	return "package x\n\nimport \"github.com/confab-chat/confab/internal/conform\"\n\n" + body + "\n"
}

func TestScan(t *testing.T) {
	t.Parallel()
	claims, faults := scan(fstest.MapFS{
		"a/a_test.go": {Data: []byte(source(`func TestOne(t *testing.T) { conform.Covers(t, "COM-01", "COM-02") }
func TestTwo(t *testing.T) {
	t.Run("sub", func(t *testing.T) { conform.Covers(t, "COM-01") })
	conform.Covers(t, "COM-01")
}`))},
		"b/b_test.go": {Data: []byte(`package x
import c "github.com/confab-chat/confab/internal/conform"
func FuzzThree(f *testing.F) { c.Covers(f, "COM-01"); conform.Covers(f, "COM-03") }`)},
		"b/b.go":               {Data: []byte(source(`func TestNot(t *testing.T) { conform.Covers(t, "COM-04") }`))},
		"b/testdata/c_test.go": {Data: []byte("no Go at all")},
		"c/unrelated_test.go":  {Data: []byte(`package x; func TestFour() { conform.Covers(nil, "COM-05") }`)},
		"c/table_test.go": {Data: []byte(source(`func TestTable(t *testing.T) {
	for _, tt := range []struct{ name string; rows []string }{{"COM", []string{"COM-07", "COM-08"}}, {"x", []string{"COM-07"}}} {
		conform.Covers(t, append(tt.rows, "COM-09")...)
	}
}`))},
		"d/build_tagged_test.go": {Data: []byte("//go:build never\n\n" + source(`func TestFive(t *testing.T) { conform.Covers(t, "COM-06") }`))},
	})
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
	want := map[string][]claim{
		"COM-01": {{"a/a_test.go", "TestOne"}, {"a/a_test.go", "TestTwo"}, {"b/b_test.go", "FuzzThree"}},
		"COM-02": {{"a/a_test.go", "TestOne"}},
		"COM-07": {{"c/table_test.go", "TestTable"}},
		"COM-08": {{"c/table_test.go", "TestTable"}},
		"COM-09": {{"c/table_test.go", "TestTable"}},
		"COM-06": {{"d/build_tagged_test.go", "TestFive"}},
	}
	if diff := cmp.Diff(want, claims, cmp.AllowUnexported(claim{})); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"unknown row", `func TestX(t *testing.T) { conform.Covers(t, "COM-99") }`, `no row "COM-99" in the catalogue`},
		{"variable", `func TestX(t *testing.T) { conform.Covers(t, id) }`, "the rows that Covers is given do not stand in the test as literals"},
		{"spread", `func TestX(t *testing.T) { conform.Covers(t, rows("COM")...) }`, "the rows that Covers is given do not stand in the test as literals"},
		{"nothing", `func TestX(t *testing.T) { conform.Covers(t) }`, "Covers names no row"},
		{"helper", `func check(t *testing.T) { conform.Covers(t, "COM-01") }`, "Covers stands outside a test: name the rows in the test that shows them"},
		{"method", `func (s *S) TestX() { conform.Covers(t, "COM-01") }`, "Covers stands outside a test: name the rows in the test that shows them"},
		{"only looks like a test", `func Testify(t *testing.T) { conform.Covers(t, "COM-01") }`, "Covers stands outside a test: name the rows in the test that shows them"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, faults := scan(fstest.MapFS{"a_test.go": {Data: []byte(source(tt.body))}})
			if got, want := errors.Join(faults...), "a_test.go:5: "+tt.want; got == nil || got.Error() != want {
				t.Errorf("fault %v, want %s", got, want)
			}
		})
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	text := string(render(map[string][]claim{
		"COM-01": {{"a/a_test.go", "TestOne"}, {"a/a_test.go", "TestTwo"}, {"b/b_test.go", "TestThree"}},
	}))
	for _, want := range []string{
		"**1 of 583 rows are shown by tests; 582 are not yet shown.**",
		"| [COM](#com-common-sip-behaviour-and-transports) | Common SIP behaviour and transports | 22 | 1 | 21 |",
		"| `TestOne`, `TestTwo` in [a/a_test.go](../a/a_test.go)<br>`TestThree` in [b/b_test.go](../b/b_test.go) |\n",
		"| DC-01 | MAY | Data channels are not served; their lines are refused in place. | **not yet shown** |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
