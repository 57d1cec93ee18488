package pypa

import "strings"

// Truth is what can be said of a condition.
type Truth uint8

const (
	// Unknown could not be told. It is the zero Truth.
	Unknown Truth = iota
	False
	True
)

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

func (t Truth) String() string {
	return [...]string{"unknown", "false", "true"}[t]
}

// Environment holds the values of marker variables by their names: python_version, sys_platform, platform_machine …
// (PEP 508, "Environment Markers"). A variable that is not in it could not be told. "extra" is not one of them: Evaluate
// takes extras by themselves.
type Environment map[string]string

// Evaluate tells whether the marker holds for a distribution that was asked for with one of extras, or with none where
// extras is empty. The nil Marker holds. It is Unknown where that depends on a variable that could not be told, and
// where PEP 508 gives a comparison no meaning.
func (m *Marker) Evaluate(env Environment, extras ...string) Truth {
	if m == nil {
		return True
	}
	if len(extras) == 0 {
		return m.evaluate(env, "")
	}
	truth := False
	for _, extra := range extras {
		truth = or(truth, m.evaluate(env, extra))
	}
	return truth
}

func (m *Marker) evaluate(env Environment, extra string) Truth {
	switch {
	case m.parts == nil:
		return m.compare(env, extra)
	case m.operator == "and":
		truth := True
		for _, part := range m.parts {
			truth = and(truth, part.evaluate(env, extra))
		}
		return truth
	}
	truth := False
	for _, part := range m.parts {
		truth = or(truth, part.evaluate(env, extra))
	}
	return truth
}

func and(a, b Truth) Truth {
	switch {
	case a == False || b == False:
		return False
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return True
}

func or(a, b Truth) Truth {
	switch {
	case a == True || b == True:
		return True
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return False
}

func (m *Marker) compare(env Environment, extra string) Truth {
	if m.left.variable == m.right.variable {
		return Unknown // two variables, or none: installers disagree
	}
	left, leftKnown := m.left.value(env, extra)
	right, rightKnown := m.right.value(env, extra)
	if !leftKnown || !rightKnown {
		return Unknown
	}
	if spec, err := parseSpecifier(m.operator + right); err == nil {
		if v, err := ParseVersion(left); err == nil {
			return truthOf(spec.holds(v))
		}
	}
	return compareText(left, m.operator, right)
}

func (o operand) value(env Environment, extra string) (value string, known bool) {
	switch {
	case !o.variable:
		return o.text, true
	case o.text == "extra":
		return NormalizeName(extra), true
	}
	value, known = env[o.text]
	return value, known
}

// compareText compares what are not two versions, as Python compares strings.
func compareText(left, operator, right string) Truth {
	switch operator {
	case "in":
		return truthOf(strings.Contains(right, left))
	case "not in":
		return truthOf(!strings.Contains(right, left))
	case "==", "===":
		return truthOf(left == right)
	case "!=":
		return truthOf(left != right)
	case "<":
		return truthOf(left < right)
	case "<=":
		return truthOf(left <= right)
	case ">":
		return truthOf(left > right)
	case ">=":
		return truthOf(left >= right)
	}
	return Unknown // "~=" has no meaning for text
}
