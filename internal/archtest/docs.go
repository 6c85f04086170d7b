package archtest

import (
	"path"
	"strings"
)

// wordsOfSubstance is the least a package comment has: below it there is not
// enough room to say what the package is and what it leaves to others.
const wordsOfSubstance = 20

// Docs checks that each package has exactly one package comment, of substance,
// in doc.go where the package has several files.
func Docs(t *Tree) []Fault {
	packages := make(map[string][]file)
	for _, f := range t.files {
		if !f.test {
			packages[f.folder] = append(packages[f.folder], f)
		}
	}
	var faults []Fault
	for folder, files := range packages {
		faults = append(faults, t.packageDoc(folder, files)...)
	}
	return sorted(faults)
}

// packageDoc checks the comments of the package made of files.
func (t *Tree) packageDoc(folder string, files []file) []Fault {
	var faults []Fault
	found := 0
	for _, f := range files {
		if f.syntax.Doc == nil {
			continue
		}
		found++
		text, name := f.syntax.Doc.Text(), f.syntax.Name.Name
		opening := "Package " + name + " "
		if name == "main" {
			opening = "Command " + path.Base(folder) + " "
		}
		switch {
		case found > 1:
			faults = append(faults, t.fault(f.syntax, "%s has more than one package comment", folder))
		case !strings.HasPrefix(text, opening):
			faults = append(faults, t.fault(f.syntax, "the package comment of %s does not begin with %q", folder, opening))
		case len(strings.Fields(text)) < wordsOfSubstance:
			faults = append(faults, t.fault(f.syntax, "the package comment of %s has fewer than %d words", folder, wordsOfSubstance))
		case len(files) > 1 && path.Base(f.name) != "doc.go" && path.Base(f.name) != "main.go":
			faults = append(faults, t.fault(f.syntax, "the package comment of %s belongs into doc.go", folder))
		}
	}
	if found == 0 {
		faults = append(faults, t.fault(files[0].syntax, "%s has no package comment", folder))
	}
	return faults
}
