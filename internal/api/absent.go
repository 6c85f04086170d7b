package api

import (
	"net/http"
	"strings"
)

// registerAbsent answers for what is not there, with problem documents, too.
func registerAbsent(mux *http.ServeMux) {
	for _, path := range []string{"events", "conferences/{uri}/trace"} {
		mux.HandleFunc("GET "+Root+path, func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotImplemented, "this version does not have it")
		})
	}
	mux.HandleFunc(Root, func(w http.ResponseWriter, r *http.Request) {
		if allowed := methods(mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			refuse(w, http.StatusMethodNotAllowed, "only "+strings.Join(allowed, ", "))
			return
		}
		refuse(w, http.StatusNotFound, "no such resource")
	})
}

// methods are those that the resource of a request has.
func methods(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := *r
		probe.Method = method
		if _, pattern := mux.Handler(&probe); pattern != Root {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
