package telemetry_test

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/confab-chat/confab/internal/telemetry"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

const pageFile = "../../docs/metrics.md"

var write = flag.Bool("write", false, "write "+pageFile)

func scrape(t *testing.T) string {
	t.Helper()
	h := telemetry.Handler(telemetry.Sources{
		Transport:   func() transport.Counters { return transport.Counters{In: 7, Refused: 3, Connections: 2} },
		Transaction: func() transaction.Counters { return transaction.Counters{Refused: 10, TurnedAway: 4, Crowded: 1} },
		Locate:      func() locate.Counters { return locate.Counters{Questions: 5} },
		Media:       func() msrp.Counters { return msrp.Counters{Sessions: 9} },
		Server:      func() telemetry.Server { return telemetry.Server{Conferences: 11, LoadShare: 0.25, Ready: true} },
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	return string(body)
}

func TestScrape(t *testing.T) {
	t.Parallel()
	got := scrape(t)
	for _, line := range []string{
		`confab_sip_messages_total{direction="in"} 7`,
		`confab_sip_connections 2`,
		`confab_refused_total{limit="sip_connections"} 3`,
		`confab_refused_total{limit="transactions"} 5`,
		`confab_refused_total{limit="load"} 4`,
		`confab_refused_total{limit="transactions_per_address"} 1`,
		`confab_dns_questions_total 5`,
		`confab_msrp_sessions 9`,
		`confab_conferences 11`,
		`confab_load_shed_ratio 0.25`,
		`confab_ready 1`,
		`go_goroutines`,
	} {
		if !strings.Contains(got, "\n"+line) {
			t.Errorf("%s is missing", line)
		}
	}
}

// TestConventions: names, units and help texts are as Prometheus wants them.
func TestConventions(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(strings.NewReader(scrape(t))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "confab_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestPageIsFresh: docs/metrics.md lists what there is; run the test with -write to
// write it.
func TestPageIsFresh(t *testing.T) {
	t.Parallel()
	if *write {
		if err := os.WriteFile(pageFile, []byte(telemetry.Page()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(telemetry.Page(), string(text)); diff != "" {
		t.Errorf("%s is stale (-want +got):\n%s", pageFile, diff)
	}
}
