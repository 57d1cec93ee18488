package githubtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// description is what GitHub publishes of its API.
type description struct{ router routers.Router }

// describe reads it. The paths of what is asked begin with /api/v3, on whichever server.
var describe = sync.OnceValues(func() (*description, error) {
	data, err := testdata.ReadFile("testdata/openapi.json")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	doc.Servers = openapi3.Servers{{URL: "/api/v3"}}
	router, err := legacy.NewRouter(doc)
	return &description{router}, err
})

// asked is a request that fits the description.
type asked struct {
	route      *routers.Route
	parameters map[string]string
	input      *openapi3filter.RequestValidationInput
}

// request returns what a request asks for, an error where there is no such operation, or where it is not asked for so.
func (d *description) request(r *http.Request, body []byte) (*asked, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "", ""
	route, parameters, err := d.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		return nil, err
	}
	return &asked{route, parameters, input}, nil
}

// response checks an answer. A status that the description does not have for the operation is not checked: those of
// permissions are missing for many.
func (q *asked) response(a *answer) error {
	if q.route.Operation.Responses.Status(a.status) == nil && a.status >= 400 {
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: q.input, Status: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}
