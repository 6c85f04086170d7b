package confinfo

import (
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
)

// validate holds documents against the schema of RFC 4575.
func validate(t *testing.T, documents ...[]byte) {
	t.Helper()
	testnet.Validate(t, "testdata/conference-info.xsd", documents...)
}
