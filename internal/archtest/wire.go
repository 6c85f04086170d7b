package archtest

import (
	"go/ast"
	"slices"
	"strconv"
)

// Wire checks that packages of the wire floor, and those marked pure, start no
// goroutine and know no socket, clock or log.
func Wire(t *Tree) []Fault {
	rows := house()
	var faults []Fault
	for _, f := range t.files {
		r := place(rows, f.folder)
		if f.test || r == nil || r.floor != wire && !r.pure {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if name, err := strconv.Unquote(spec.Path.Value); err == nil && slices.Contains(machinery(), name) {
				faults = append(faults, t.fault(spec, "%s turns bytes into values: no import of %s", f.folder, name))
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				faults = append(faults, t.fault(n, "%s turns bytes into values: no goroutine", f.folder))
			case *ast.SelectorExpr:
				if of, ok := n.X.(*ast.Ident); ok && of.Name == "time" && slices.Contains(clockwork(), n.Sel.Name) {
					faults = append(faults, t.fault(n, "%s turns bytes into values: time is an argument, no time.%s", f.folder, n.Sel.Name))
				}
			}
			return true
		})
	}
	return sorted(faults)
}
