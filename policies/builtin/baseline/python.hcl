# What holds in every virtual environment that works. It needs: collect "python" { venvs = […] }
# The facts of a rule are what its failure says already: where it fails, a difference in them is no finding of its own.

rule "python-intact" {
  for_each = host.python
  assert   = length(each.value.problems) == 0
  facts    = [python["*"].problems, python["*"].interpreter.state, python["*"].imports, python["*"].packages["*"].problems, python["*"].packages["*"].missing]
  message  = "${each.key} on ${host.name} is damaged: ${join("; ", each.value.problems)}"
}

rule "python-dependencies-met" {
  for_each = host.python
  assert   = alltrue([for lacks in each.value.unmet : length(lacks) == 0])
  facts    = [python["*"].unmet]
  message  = "${each.key} on ${host.name}, what pip check would say: ${join("; ", [for name, lacks in each.value.unmet : "${name} needs ${join(", ", lacks)}"])}"
}

rule "python-requirements-installed" {
  for_each = host.python
  assert   = alltrue(flatten([for answers in each.value.requirements : [for answer in answers : contains(["met", "not needed"], answer)]]))
  facts    = [python["*"].requirements]
  message  = "${each.key} on ${host.name} is not what its requirements ask for: ${join("; ", flatten([for answers in each.value.requirements : [for name, answer in answers : "${name}: ${answer}" if !contains(["met", "not needed"], answer)]]))}"
}

# Where something is asked for that needs setuptools, "python-dependencies-met" fails without it. This one finds a
# setuptools that is there and does not work. Version 82 has no pkg_resources any more.
rule "python-setuptools-importable" {
  for_each = host.python
  when     = can(each.value.packages["setuptools"])
  assert   = each.value.imports["setuptools"] && (each.value.imports["pkg_resources"] || version_at_least("python", each.value.packages["setuptools"].version, "82"))
  facts    = [python["*"].imports]
  message  = "${each.key} on ${host.name} has setuptools ${each.value.packages["setuptools"].version}, and setuptools or pkg_resources cannot be imported"
}
