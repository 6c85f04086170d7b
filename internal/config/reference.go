package config

import (
	"bytes"
	"io"
	"strings"
)

const referenceHead = `# Configuration reference

Written from the table of keys in internal/config by ` + "`go generate ./internal/config`" + `; a test compares it.
` + "`confab config print`" + ` prints the same as a file, with the values in force, and ` + "`confab config check FILE`" + `
names every fault of one by line and column.

The file is YAML and strict: an unknown key is a fault. Durations are written as ` + "`1m30s`" + `, sizes as ` + "`64KiB`" + `.
` + "`${NAME}`" + ` in a value is taken from the environment. A variable ` + "`CONFAB_`" + ` and the key in capitals, with ` + "`_`" + ` for
` + "`.`" + `, overrides the key: ` + "`CONFAB_LOG_LEVEL=debug`" + `; lists are separated by commas. ` + "`confab serve`" + ` and
` + "`confab config check`" + ` warn of variables that begin like that and are no key's.

On SIGHUP certificates and ` + "`log.level`" + ` are read again; the log names the other keys that have changed, which
take a restart.

Without a file the *local profile* is in force: loopback addresses only, the domain ` + "`conf.localhost`" + `, the
conference ` + "`sip:lobby@conf.localhost`" + `, ` + "`auth.local`" + `, and the store in the user's state directory.

| key | default | |
| --- | --- | --- |
`

// Reference writes the reference of all keys, in Markdown.
func Reference(w io.Writer) error {
	b := bytes.NewBufferString(referenceHead)
	keys(Default()).walk("", func(key string, e *entry) {
		b.WriteString("| `" + key + "` | " + shown(e.text()) + " | " + strings.ReplaceAll(e.doc, "|", `\|`) + " |\n")
	})
	_, err := w.Write(b.Bytes())
	return err
}

// shown is a default in a cell of the table.
func shown(text string) string {
	if items, ok := strings.CutPrefix(text, "- "); ok {
		text = strings.Join(strings.Split(items, "\n- "), ", ")
	}
	return "`" + text + "`"
}
