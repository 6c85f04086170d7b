package config_test

import (
	"slices"
	"testing"

	"github.com/confab-chat/confab/internal/config"
)

func TestUnknownVariables(t *testing.T) {
	got := config.UnknownVariables([]string{
		"CONFAB_SIP_LISTN=udp://127.0.0.1:5060", "CONFAB_SIP_LISTEN=x", "CONFAB_DOMAIN=", "CONFAB_API=http://x", "HOME=/",
		"CONFAB_TOKEN=t", "CONFAB_PASSWORD=p", "CONFABULATE=1", "CONFAB_SIP=x", "CONFAB_CONFERENCES=[]", "CONFAB_DEFAULTS_HISTORY_KEEP=1", "CONFAB_=",
	})
	if want := []string{"CONFAB_", "CONFAB_SIP", "CONFAB_SIP_LISTN"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
