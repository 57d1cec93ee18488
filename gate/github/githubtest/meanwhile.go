package githubtest

import "slices"

// other is what others do before a request of a method.
type other struct {
	method string
	act    func()
}

// Meanwhile lets others act, once, before the next request of a method is looked at, and before what fails then.
func (s *Server) Meanwhile(method string, act func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others = append(s.others, other{method, act})
}

// meanwhile returns what others do before a request of a method, nil for nothing.
func (s *Server) meanwhile(method string) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.others, func(o other) bool { return o.method == method })
	if i < 0 {
		return nil
	}
	act := s.others[i].act
	s.others = slices.Delete(s.others, i, i+1)
	return act
}
