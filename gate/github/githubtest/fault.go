package githubtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// fault is a way to fail.
type fault struct {
	name, method string
	instead      func(*answer) // what is answered without doing anything; nil: what is asked is done
	sends        sending
}

// sending is how much of an answer gets through.
type sending int

const (
	whole   sending = iota
	half            // then the connection ends
	nothing         // the connection ends
	never           // the connection stays open, and nothing comes
)

// faults are all ways to fail. Those without a function do what is asked, and then do not say so.
var faults = map[string]fault{
	"primary-403":          {instead: limit(403, "API rate limit exceeded for installation ID 7.", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+20"})},
	"primary-429":          {instead: limit(429, "API rate limit exceeded for installation ID 7.", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+20"})},
	"primary-hour":         {instead: limit(403, "API rate limit exceeded for installation ID 7.", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+3000"})},
	"primary-silent":       {instead: limit(403, "Forbidden", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+20"})},
	"secondary-100":        {instead: limit(403, secondary, map[string]string{"Retry-After": "100"})},
	"secondary-403":        {instead: limit(403, secondary, map[string]string{"Retry-After": "7"})},
	"secondary-429":        {instead: limit(429, secondary, map[string]string{"Retry-After": "7"})},
	"secondary-403-silent": {instead: limit(403, secondary, nil)},
	"secondary-429-silent": {instead: limit(429, secondary, nil)},
	"retry-after-403":      {instead: limit(403, "Slow down.", map[string]string{"Retry-After": "7"})},
	"retry-after-garbage":  {instead: limit(429, "Slow down.", map[string]string{"Retry-After": "soon"})},
	"too-quickly":          {instead: limit(422, "Validation Failed: was submitted too quickly", nil)},
	"202":                  {instead: func(a *answer) { a.json(202, map[string]any{}) }},
	"401":                  {instead: refusal(401, "Bad credentials")},
	"403":                  {instead: refusal(403, "Resource not accessible by integration")},
	"403-last":             {instead: limit(403, "Resource not accessible by integration", map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+20"})},
	"404":                  {instead: refusal(404, "Not Found")},
	"409":                  {instead: refusal(409, "Conflict")},
	"410":                  {instead: refusal(410, "This issue was deleted")},
	"422":                  {instead: refusal(422, "Validation Failed")},
	"echo":                 {instead: refusal(403, "no\n\x1b[31m"+Token+" may not "+Token+" do that")},
	"echo-html":            {instead: html(403, Token)},
	"500":                  {instead: refusal(500, "Server Error")},
	"502":                  {instead: html(502, "Bad Gateway")},
	"503":                  {instead: limit(503, "Unavailable", map[string]string{"Retry-After": "7"})},
	"html":                 {instead: html(200, "a captive portal")},
	"empty":                {instead: func(a *answer) { a.status = 200 }},
	"null":                 {instead: func(a *answer) { a.json(200, nil) }},
	"stale":                {instead: func(a *answer) { a.json(200, []any{}) }},
	"graphql-error":        {instead: func(a *answer) { a.json(200, map[string]any{"errors": []any{map[string]any{"message": "no"}}}) }},
	"redirect":             {instead: redirect("http://127.0.0.2:1/")},
	"reset":                {instead: func(*answer) {}, sends: nothing},
	"slow":                 {instead: func(*answer) {}, sends: never},
	"cut":                  {sends: half},
	"lost":                 {sends: nothing},
	"lost-slow":            {sends: never},
}

const secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."

// limit answers with headers. A time that begins with "+" is so many seconds from now, in seconds since 1970.
func limit(status int, message string, headers map[string]string) func(*answer) {
	return func(a *answer) {
		a.refuse(status, message)
		for name, value := range headers {
			if rest, ok := strings.CutPrefix(value, "+"); ok {
				d, err := time.ParseDuration(rest + "s")
				if err != nil {
					panic(err)
				}
				value = fmt.Sprint(time.Now().Add(d).Unix())
			}
			a.header.Set(name, value)
		}
	}
}

func refusal(status int, message string) func(*answer) {
	return func(a *answer) { a.refuse(status, message) }
}

func html(status int, text string) func(*answer) {
	return func(a *answer) {
		a.status, a.body = status, []byte("<!DOCTYPE html>\n<html><body><h1>"+text+"</h1></body></html>\n")
		a.header.Set("Content-Type", "text/html")
	}
}

func redirect(to string) func(*answer) {
	return func(a *answer) {
		a.refuse(http.StatusTemporaryRedirect, "Moved")
		a.header.Set("Location", to)
	}
}

// Fail makes the next requests of a method fail, each with the next fault; "" lets one through. The method "GRAPHQL" is
// that of what goes to GraphQL.
func (s *Server) Fail(method string, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		f, ok := faults[name]
		if !ok && name != "" {
			return fmt.Errorf("there is no fault %q", name)
		}
		f.name, f.method = name, method
		s.faults = append(s.faults, f)
	}
	return nil
}

// Faults returns the names of all faults, sorted.
func Faults() []string { return slices.Sorted(maps.Keys(faults)) }

// take takes the next fault for a request, none where there is none.
func (s *Server) take(r *http.Request) fault {
	method := r.Method
	if r.URL.Path == "/api/graphql" {
		method = "GRAPHQL"
	}
	for i, f := range s.faults {
		if f.method == method {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			return f
		}
	}
	return fault{}
}
