package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	gogithub "github.com/google/go-github/v60/github"
)

// Kind says what stands behind an error.
type Kind string

const (
	Limited      Kind = "limited"      // a primary or a secondary limit is reached: later it is done
	Unavailable  Kind = "unavailable"  // no answer, half of one, or one that is not GitHub's
	Conflict     Kind = "conflict"     // somebody else has changed it meanwhile
	Unauthorized Kind = "unauthorized" // the token is none, or its time is over
	Forbidden    Kind = "forbidden"    // the token may not do it
	NotFound     Kind = "not found"    // it is not there, or the token may not know that it is
	Invalid      Kind = "invalid"      // GitHub does not take it as it is
)

// Error says what could not be done on GitHub, and why.
type Error struct {
	Doing   string // "list the comments of acme/shop#7"
	Kind    Kind
	Status  int           // of the answer; 0 where none came
	Message string        // what the answer said, in one line
	After   time.Duration // how long to wait before it is tried again, where the answer says so
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", e.Doing, e.Message)
	}
	return fmt.Sprintf("%s: %d: %s", e.Doing, e.Status, e.Message)
}

// Is reports whether an error is an [*Error] of one of some kinds.
func Is(err error, kinds ...Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(kinds, e.Kind)
}

// failed returns what an error of the library means.
func (c *Client) failed(ctx context.Context, doing string, resp *gogithub.Response, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	e := &Error{Doing: doing, Kind: Unavailable}
	answered, message := answer(err)
	switch {
	case answered != nil:
		e.Status, e.Message = answered.StatusCode, message
		e.Kind, e.After = classify(e.Status, answered.Header, message)
		if message == "" {
			e.Message = strings.ToLower(http.StatusText(e.Status))
		}
	case resp != nil && cut(err):
		e.Status, e.Message = resp.StatusCode, "the answer is cut off, or it is not GitHub's"
	default:
		e.Message = unanswered(err)
	}
	e.Message = c.harmless(e.Message)
	return e
}

// empty says that an answer lacks what was asked for: an empty answer is not an answer of nothing.
func (c *Client) empty(doing string, resp *gogithub.Response) error {
	return &Error{Doing: doing, Kind: Unavailable, Status: resp.StatusCode, Message: "the answer is empty"}
}

// answer returns the answer that an error is about, and what it says, as far as it is GitHub's; nil for another error.
func answer(err error) (*http.Response, string) {
	if e, ok := errors.AsType[*gogithub.RateLimitError](err); ok {
		return e.Response, e.Message
	}
	if e, ok := errors.AsType[*gogithub.AbuseRateLimitError](err); ok {
		return e.Response, e.Message
	}
	e, ok := errors.AsType[*gogithub.ErrorResponse](err)
	if !ok {
		return nil, ""
	}
	message := e.Message
	for _, detail := range e.Errors {
		if detail.Message != "" {
			message += ": " + detail.Message
		} else {
			message += fmt.Sprintf(": %s %s: %s", detail.Resource, detail.Field, detail.Code)
		}
	}
	return e.Response, message
}

// cut reports whether an answer could not be read to its end.
func cut(err error) bool {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return true
	}
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok || errors.Is(err, io.ErrUnexpectedEOF)
}

// unanswered says why no answer came.
func unanswered(err error) string {
	e, ok := errors.AsType[*url.Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Timeout():
		return "no answer in time"
	}
	return e.Err.Error()
}

// classify says what an answer other than success means, and how long it asks to wait.
//
// A limit is told by no single sign: its status is 403 or 429, or 422 for content that is made too fast; with a secondary one
// X-RateLimit-Remaining may be anything, and Retry-After may be missing.
// See https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
func classify(status int, h http.Header, message string) (Kind, time.Duration) {
	switch {
	case status == http.StatusTooManyRequests, limited(status, h, strings.ToLower(message)):
		return Limited, after(h)
	case status >= 500:
		return Unavailable, after(h)
	case status == http.StatusUnauthorized:
		return Unauthorized, 0
	case status == http.StatusForbidden:
		return Forbidden, 0
	case status == http.StatusNotFound, status == http.StatusGone:
		return NotFound, 0
	case status == http.StatusConflict:
		return Conflict, 0
	}
	return Invalid, 0
}

func limited(status int, h http.Header, message string) bool {
	switch {
	case status != http.StatusForbidden && status != http.StatusUnprocessableEntity:
		return false
	case strings.HasPrefix(message, "resource not accessible"): // and it may have been the last one before the limit
		return false
	case strings.Contains(message, "rate limit"), strings.Contains(message, "submitted too quickly"):
		return true
	}
	return status == http.StatusForbidden && (h.Get("Retry-After") != "" || h.Get("X-RateLimit-Remaining") == "0")
}

// after returns how long an answer asks to wait, by the clock of who sent it; 0 where it does not say.
func after(h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	said := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(said, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(said); err == nil {
		return max(time.Second, at.Sub(now))
	}
	if at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && h.Get("X-RateLimit-Remaining") == "0" {
		return max(time.Second, time.Unix(at, 0).Sub(now)+time.Second)
	}
	return 0
}

// longest is how much of an answer is shown, in characters.
const longest = 300

// harmless returns what an answer says as one line without the token, whoever repeats that.
func (c *Client) harmless(message string) string {
	if c.token != "" {
		message = strings.ReplaceAll(message, c.token, "***")
	}
	message = strings.Join(strings.FieldsFunc(message, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }), " ")
	if runes := []rune(message); len(runes) > longest {
		message = string(runes[:longest]) + "…"
	}
	return message
}
