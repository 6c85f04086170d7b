package api

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

var (
	errNotFound = huma.Error404NotFound("no such conference")
	errNotAlive = huma.Error409Conflict("the conference is not active")
)

// problemOf is what a client is told of an error of the model, the directory or
// the focus; nil for none.
func problemOf(err error) error {
	var refusal *conference.Refusal
	var refused *sip.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusalOf(refusal.Code)
	case errors.As(err, &refused):
		return huma.NewError(httpStatus(refused.Status), detailOf(refused))
	case errors.Is(err, instance.ErrNotFound):
		return errNotFound
	case errors.Is(err, instance.ErrEnded):
		return errNotAlive
	case errors.Is(err, instance.ErrTaken):
		return huma.Error409Conflict("the URI is taken, or was in use a short while ago")
	case errors.Is(err, instance.ErrOverload), errors.Is(err, instance.ErrDraining), errors.Is(err, journal.ErrBusy),
		errors.Is(err, journal.ErrUnavailable):
		return huma.Error503ServiceUnavailable(err.Error())
	}
	return huma.Error500InternalServerError(err.Error())
}

// detailOf says in words why the focus has refused: its Warning, where it has one.
func detailOf(e *sip.Error) string {
	if _, text, ok := strings.Cut(e.Warning, `"`); ok {
		return strings.TrimSuffix(text, `"`)
	}
	return cmp.Or(e.Reason, sipmsg.ReasonPhrase(e.Status))
}

// refusalOf is what a refusal of the model is in HTTP.
func refusalOf(code conference.Code) error {
	switch code {
	case conference.CodeNotAlive:
		return errNotAlive
	case conference.CodeNoSuchUser, conference.CodeNoSuchEndpoint:
		return huma.Error404NotFound("no such user in the conference")
	case conference.CodeFull, conference.CodeLocked, conference.CodeTooManyEndpoints, conference.CodeNicknameTaken:
		return huma.Error409Conflict(code.String())
	case conference.CodeAlreadyAlive, conference.CodeBarred, conference.CodeNotMember, conference.CodeNotApproved,
		conference.CodeNotStarted, conference.CodeNotAllowed, conference.CodeEndpointTaken, conference.CodeNotConnected,
		conference.CodeAlreadyConnected, conference.CodeBadNickname:
	}
	return huma.Error403Forbidden(code.String())
}

// httpStatus is the HTTP status that says what a SIP status said. Most are the
// same; those that only SIP has are not.
func httpStatus(status int) int {
	switch status {
	case 400, 403, 404, 409, 429, 500, 501, 503:
		return status
	case 480, 486, 600:
		return http.StatusConflict
	case 416, 484, 485:
		return http.StatusUnprocessableEntity
	}
	return http.StatusBadGateway
}
