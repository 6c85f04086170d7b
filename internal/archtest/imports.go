package archtest

import (
	"slices"
	"strconv"
	"strings"
)

// Imports checks every import of a package of the module against the floors.
func Imports(t *Tree) []Fault {
	rows := house()
	var faults []Fault
	for _, f := range t.files {
		for _, spec := range f.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue // the parser has refused such a file
			}
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if reason := forbidden(rows, f, to); reason != "" {
				faults = append(faults, t.fault(spec, "%s imports %s: %s", f.folder, to, reason))
			}
		}
	}
	return sorted(faults)
}

// forbidden says why a file must not import the package to, or "".
func forbidden(rows []row, f file, to string) string {
	if f.folder == to || f.test && slices.Contains(testing(), to) {
		return ""
	}
	from, target := place(rows, f.folder), place(rows, to)
	switch {
	case from == nil:
		return "the importing package has no place in the house"
	case target == nil:
		return "the imported package has no place in the house"
	case apart(f.folder, to, neighbours()):
		return "focus, mixer, notify and api meet in instance only"
	case f.test && target.floor <= from.floor:
		return "" // a test may set its package beside its neighbours of the same floor
	case from.only != nil:
		if !within(to, from.only) {
			return "it is not among the few packages this one may import"
		}
	case target.floor > from.floor:
		return "it stands on a floor above"
	case target.floor == from.floor && !within(to, from.may):
		return "it stands on the same floor and the row does not name it"
	}
	return ""
}

// place finds the row of a package; nil if it has none.
func place(rows []row, folder string) *row {
	var best *row
	for i := range rows {
		r := &rows[i]
		if within(folder, []string{r.path}) && (best == nil || len(r.path) > len(best.path)) {
			best = r
		}
	}
	return best
}

// within reports whether folder is one of roots or lies below one.
func within(folder string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return folder == root || strings.HasPrefix(folder, root+"/")
	})
}

// apart reports whether a and b lie below different ones of roots.
func apart(a, b string, roots []string) bool {
	below := func(folder string) int {
		return slices.IndexFunc(roots, func(root string) bool { return within(folder, []string{root}) })
	}
	return below(a) >= 0 && below(b) >= 0 && below(a) != below(b)
}
