package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sip/sipid"
)

// admin talks to the API of a server.
type admin struct {
	rig   *rig
	token string
}

func (r *rig) admin() *admin { return &admin{rig: r} }

// do sends a request and returns status, fields and the body as a value.
func (a *admin) do(method, path, body string, fields ...string) (int, http.Header, map[string]any) {
	t := a.rig.t
	t.Helper()
	target := "http://" + a.rig.address("http", "tcp") + "/api/v1/" + path
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
		if fields[i] == "Host" {
			req.Host = fields[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if len(bytes.TrimSpace(content)) > 0 {
		if err := json.Unmarshal(content, &value); err != nil {
			t.Fatalf("%s %s: %d, %v\n%s", method, path, resp.StatusCode, err, content)
		}
	}
	return resp.StatusCode, resp.Header, value
}

// must is do for a request that is answered with a status.
func (a *admin) must(status int, method, path, body string) map[string]any {
	a.rig.t.Helper()
	got, header, value := a.do(method, path, body)
	if got != status {
		a.rig.t.Fatalf("%s %s %s: %d, want %d: %v", method, path, body, got, status, value)
	}
	if got >= 400 && (header.Get("Content-Type") != "application/problem+json" || value["status"] != float64(got)) {
		a.rig.t.Errorf("%s %s: no problem document: %s, %v", method, path, header.Get("Content-Type"), value)
	}
	return value
}

// at is the path of a conference, and of what is below it.
func at(uri string, below ...string) string {
	path := "conferences/" + url.PathEscape(uri)
	for _, part := range below {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// dig returns what stands in a value under keys and indexes.
func dig(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// TestAdministration goes through the life of a conference that the API
// allocates, as its participants see it.
func TestAdministration(t *testing.T) {
	conform.Covers(t, "FOC-RMV-09", "FOC-DSP-03", "FOC-TRM-01")
	const room = "sip:shift@conf.localhost"
	r := serve(t, nil)
	a := r.admin()
	got := a.must(201, "POST", "conferences", `{"uri":"sip:shift@conf.localhost","subject":"Monday","policy":{"max_users":7}}`)
	if dig(got, "state") != "reserved" || dig(got, "policy", "max_users") != 7.0 || dig(got, "policy", "join") != "open" {
		t.Errorf("allocated: %v", got)
	}
	a.must(409, "POST", "conferences", `{"uri":"sip:shift@conf.localhost"}`)

	alice, bob := r.guest("udp", "alice").join(room), r.guest("udp", "bob")
	a.must(202, "POST", at(room, "invite"), fmt.Sprintf(`{"uri":%q}`, bob.address().URI.String()))
	bob.pickUp(bob.called())
	got = a.must(200, "GET", at(room), "")
	if dig(got, "state") != "active" || dig(got, "users", 0, "uri") != alice.aor() || dig(got, "users", 2) != nil ||
		dig(got, "users", 0, "endpoints", 0, "status") != "connected" || dig(got, "users", 0, "roles", 0) != "participant" {
		t.Errorf("active: %v", got)
	}

	alice.connect()
	alice.msrp.Expect(alice.msrp.Chunk("NICKNAME", "", "", msrpwire.Last, `Use-Nickname: "Ali"`), 200)
	posted := a.must(202, "POST", at(room, "messages"), `{"text":"closing soon"}`)
	alice.hear("closing soon")
	bob.hear("closing soon")
	alice.msrp.Expect(alice.msrp.Send(sipid.NewTag(), "message/cpim", cpim(alice.aor(), room, "so early?")), 200)
	bob.hear("so early?")
	got = a.must(200, "GET", at(room, "messages"), "")
	if dig(got, "items", 0, "id") != dig(posted, "id") || dig(got, "items", 0, "from") != room ||
		dig(got, "items", 1, "text") != "so early?" || dig(got, "items", 1, "from") != alice.aor() ||
		dig(got, "items", 0, "nickname") != "" || dig(got, "items", 1, "nickname") != "Ali" || dig(got, "next") != nil {
		t.Errorf("history: %v", got)
	}
	first := a.must(200, "GET", at(room, "messages")+"?limit=1", "")
	rest := a.must(200, "GET", at(room, "messages")+"?after="+fmt.Sprint(dig(first, "next")), "")
	if dig(rest, "items", 1) != nil || dig(rest, "items", 0, "seq") != dig(got, "items", 1, "seq") {
		t.Errorf("history behind %v: %v", dig(first, "next"), rest)
	}

	got = a.must(200, "PATCH", at(room), `{"subject":"Tuesday","locked":true,"policy":{"nicknames":false}}`)
	if dig(got, "subject") != "Tuesday" || dig(got, "locked") != true || dig(got, "policy", "nicknames") != false || dig(got, "policy", "max_users") != 7.0 {
		t.Errorf("changed: %v", got)
	}
	r.guest("udp", "carol").refused(room, 403)

	if got = a.must(404, "DELETE", at(room, "users", "sip:nobody@example.test"), ""); dig(got, "detail") != "no such participant" {
		t.Errorf("nobody is removed: %v", got)
	}
	if got = a.must(403, "POST", at(room, "invite"), `{"uri":"`+lobby+`"}`); dig(got, "detail") != "address of this server" {
		t.Errorf("a conference is called: %v", got)
	}
	a.must(204, "DELETE", at(room, "users", bob.named()), "")
	bob.hungUp(removed)
	a.must(200, "PATCH", at(room), `{"locked":false}`)
	a.must(204, "PUT", at(room, "bars", bob.aor()), "")
	bob.refused(room, 403)
	if got = a.must(200, "GET", at(room), ""); dig(got, "barred", 0) != bob.named() || dig(got, "barred", 1) != bob.aor() {
		t.Errorf("who is barred: %v", got)
	}
	a.must(204, "DELETE", at(room, "bars", bob.aor()), "")
	a.must(204, "DELETE", at(room, "bars", bob.named()), "")
	if got = a.must(200, "GET", at(room), ""); dig(got, "barred") != nil {
		t.Errorf("who is barred: %v", got)
	}
	a.must(204, "PUT", at(room, "roles", bob.aor()), `{"role":"moderator"}`)
	bob.join(room)
	if got = a.must(200, "GET", at(room), ""); dig(got, "users", 1, "roles", 0) != "moderator" {
		t.Errorf("bob is back: %v", got)
	}
	list := a.must(200, "GET", "conferences", "")
	if dig(list, "items", 0, "uri") != lobby || dig(list, "items", 1, "uri") != room || dig(list, "items", 1, "state") != "active" ||
		dig(list, "items", 1, "users", 1, "uri") != bob.aor() {
		t.Errorf("list: %v", list)
	}
	page := a.must(200, "GET", "conferences?limit=1", "")
	if dig(page, "next") != lobby || dig(a.must(200, "GET", "conferences?after="+lobby, ""), "items", 0, "uri") != room {
		t.Errorf("page: %v", page)
	}

	a.must(204, "DELETE", at(room), "")
	alice.hungUp(`SIP;cause=200;text="Conference ended"`)
	bob.hungUp(`SIP;cause=200;text="Conference ended"`)
	r.vacant()
	if got = a.must(200, "GET", at(room), ""); dig(got, "state") != "reserved" || dig(got, "subject") != "Tuesday" {
		t.Errorf("ended: %v", got)
	}
	a.must(409, "POST", at(room, "invite"), `{"uri":"sip:bob@example.test"}`)
	a.must(204, "DELETE", at(room)+"?release=true", "")
	a.must(404, "GET", at(room), "")
	alice.refused(room, 404)
}

// TestFactoryConferenceInTheAPI: who made it owns it, and once it has ended
// there is nothing to see.
func TestFactoryConferenceInTheAPI(t *testing.T) {
	r := serve(t, nil)
	a := r.admin()
	alice := r.guest("udp", "alice").join(factory)
	uri := alice.conferenceURI()
	got := a.must(200, "GET", at(uri), "")
	if dig(got, "owner") != alice.aor() || dig(got, "state") != "active" || dig(got, "users", 0, "roles", 0) != "owner" {
		t.Errorf("%v", got)
	}
	a.must(204, "DELETE", at(uri), "")
	alice.hungUp(`SIP;cause=200;text="Conference ended"`)
	r.vacant()
	a.must(404, "GET", at(uri), "")
	a.must(404, "GET", at(uri, "messages"), "")
}

// TestRemovalByAnyName takes users out by names that the roster does not show.
func TestRemovalByAnyName(t *testing.T) {
	conform.Covers(t, "FOC-RMV-03", "FOC-RMV-09")
	r := serve(t, nil)
	a := r.admin()
	alice := r.guest("tcp", "alice").join(lobby)
	for _, as := range []struct{ name, field string }{
		{"sip:carol@example.test", "Privacy: id"},
		{"sip:anonymous2@anonymous.invalid", "Privacy: id"},
		{"tel:+15550100", "P-Asserted-Identity: <sip:carol@example.test>, <tel:+1-555-0100>"},
		{"sip:%63arol@EXAMPLE.test", "Privacy: none"},
	} {
		carol := r.guest("tcp", "carol").join(lobby, as.field)
		a.must(204, "DELETE", at(lobby, "users", as.name)+"?bar=false", "")
		carol.hungUp(removed)
	}
	carol := r.guest("tcp", "carol").join(lobby, "Privacy: id")
	a.must(204, "DELETE", at(lobby, "users", carol.aor()), "")
	carol.hungUp(removed)
	carol.refused(lobby, 403)
	alice.leave()
	r.vacant()
}

// TestFaultyRequests are refused with a problem document.
func TestFaultyRequests(t *testing.T) {
	r := serve(t, nil)
	a := r.admin()
	for _, tt := range []struct {
		status             int
		method, path, body string
	}{
		{404, "GET", "conferences/nonsense", ""},
		{404, "GET", at("sip:nowhere@conf.localhost"), ""},
		{422, "POST", "conferences", `{"uri":"sip:x@elsewhere.test"}`},
		{422, "POST", "conferences", `{"uri":"tel:+1"}`},
		{422, "POST", "conferences", `{"surprise":1}`},
		{422, "POST", "conferences", `{"policy":{"join":"sometimes"}}`},
		{422, "POST", "conferences", `{"policy":{"end":{"max_duration":"-1s"}}}`},
		{422, "POST", "conferences", `{"moderators":["sip:"]}`},
		{422, "POST", "conferences", `{"members":[""]}`},
		{422, "POST", "conferences", `{"members":["exa mple"]}`},
		{422, "POST", "conferences", `{"subject":"two\r\nlines"}`},
		{422, "PATCH", at(lobby), `{"subject":"\u0001"}`},
		{400, "POST", "conferences", `{`},
		{422, "GET", "conferences?limit=0", ""},
		{422, "GET", at(lobby, "messages") + "?after=x", ""},
		{422, "POST", at(lobby, "messages"), `{"type":"text/plain","text":"x"}`},
		{422, "POST", at(lobby, "messages"), `{}`},
		{409, "POST", at(lobby, "messages"), `{"text":"nobody hears"}`},
		{409, "PATCH", at(lobby), `{"locked":true}`},
		{422, "POST", at(lobby, "invite"), `{"uri":"https://example.test"}`},
	} {
		a.must(tt.status, tt.method, tt.path, tt.body)
	}
}

// TestWhoMayAdminister: with a token whoever has it, without one programs on
// this host.
func TestWhoMayAdminister(t *testing.T) {
	conform.Covers(t, "SEC-01")
	open := serve(t, nil).admin()
	for _, tt := range []struct {
		status int
		fields []string
	}{
		{200, nil},
		{200, []string{"Host", "localhost:8080"}},
		{403, []string{"Host", "rebound.example.test"}},
		{403, []string{"Origin", "https://page.example.test"}},
	} {
		if got, _, _ := open.do("GET", "conferences", "", tt.fields...); got != tt.status {
			t.Errorf("%q: %d, want %d", tt.fields, got, tt.status)
		}
	}

	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := serve(t, func(c *config.Config) { c.HTTP.AdminTokenFile = file }).admin()
	for token, want := range map[string]int{"": 401, "s3cre": 401, "s3cret": 200} {
		closed.token = token
		got, header, _ := closed.do("GET", "conferences", "")
		if got != want || got == 401 && header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("token %q: %d, want %d", token, got, want)
		}
	}
}

// TestDescriptionOfTheAPI looks whether the OpenAPI document names what is served.
func TestDescriptionOfTheAPI(t *testing.T) {
	doc := serve(t, nil).admin().must(200, "GET", "openapi.json", "")
	if version, _ := doc["openapi"].(string); !strings.HasPrefix(version, "3.1") {
		t.Errorf("openapi %q", version)
	}
	for path, methods := range map[string][]string{
		"/api/v1/conferences":                   {"get", "post"},
		"/api/v1/conferences/{uri}":             {"get", "patch", "delete"},
		"/api/v1/conferences/{uri}/invite":      {"post"},
		"/api/v1/conferences/{uri}/users/{aor}": {"delete"},
		"/api/v1/conferences/{uri}/messages":    {"get", "post"},
	} {
		for _, method := range methods {
			if dig(doc, "paths", path, method) == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
}
