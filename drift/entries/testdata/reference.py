"""Reads a JSON list of texts in the format that is named by the argument, with the reference implementation of it, and
prints a JSON list: for each text a mapping of key paths to values, or null where the text is not in the format."""

import json
import sys


def escape(name):
    return name.replace("\\", "\\\\").replace(".", "\\.")


def is_scalar(value):
    return not isinstance(value, (dict, list))


def flatten(value, path=()):
    if isinstance(value, dict) and value:
        items = [(escape(key_text(k)), v) for k, v in value.items()]
    elif isinstance(value, list) and not all(map(is_scalar, value)):
        items = [(str(i), v) for i, v in enumerate(value)]
    else:
        return {".".join(path): scalar(value)}
    out = {}
    for name, item in items:
        for key, v in flatten(item, path + (name,)).items():
            if key in out:
                raise ValueError("two keys that read the same")
            out[key] = v
    return out


def key_text(key):
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def scalar(value):
    if isinstance(value, list):
        return [scalar(v) for v in value]
    if isinstance(value, (dict, str, bool, int)) or value is None:
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value).replace("inf", ".inf").replace("nan", ".nan") if sys.argv[1] == "yaml" else str(value)
        return value
    return value.isoformat().replace("+00:00", "Z")


def read_json(text):
    def unique(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("duplicate key")
        return dict(pairs)

    def no_constant(name):
        raise ValueError(name)

    return flatten(json.loads(text, object_pairs_hook=unique, parse_constant=no_constant))


def read_toml(text):
    import tomllib
    root = tomllib.loads(text)
    return flatten(root) if root else {}


def read_yaml(text):
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [k.value for k, _ in node.value]
            if len(set(keys)) != len(keys):
                raise yaml.YAMLError("duplicate key")
            return super().construct_mapping(node, deep)

        def construct_yaml_map(self, node):
            keys = [k.value for k, _ in node.value]
            if not all(isinstance(k, str) for k in keys) or len(set(keys)) != len(keys):
                raise yaml.YAMLError("duplicate key, or one that is not a scalar")
            self.flatten_mapping(node)
            # The text of a key, not its type, is a part of the path.
            pairs = [(k.value, v) for k, v in node.value]
            data = {}
            yield data
            for k, v in pairs:
                data[k] = self.construct_object(v, deep=True)

    Loader.add_constructor("tag:yaml.org,2002:map", Loader.construct_yaml_map)
    # Dates and numbers to the base of 60 stay text.
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node:
                           node.value if ":" in node.value else loader.construct_yaml_int(node))
    Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node:
                           node.value if ":" in node.value else loader.construct_yaml_float(node))
    Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
    documents = list(yaml.load_all(text, Loader))
    if len(documents) == 1:
        return flatten(documents[0])
    out = {}
    for i, document in enumerate(documents):
        out.update(flatten(document, (str(i),)))
    return out


def read_ini(text):
    import configparser
    import re
    # configparser drops text behind a section's name, and merges DEFAULT where it is repeated.
    if re.search(r"^\s*\[.+\][ \t]*[^\s;#\]]", text, re.M) or text.count("[DEFAULT]") > 1:
        raise ValueError
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser.read_string(text)
    out = {}
    for section in parser._sections | {"DEFAULT": parser._defaults}:
        values = parser._defaults if section == "DEFAULT" else parser._sections[section]
        if not values and (section != "DEFAULT" or "[DEFAULT]" in text):
            out[escape(section)] = {}
        for key, value in values.items():
            out[escape(section) + "." + key] = value
    return out


def read_xml(text):
    import re
    import xml.etree.ElementTree as etree
    # We read XML 1.0 in UTF-8 only.
    declaration = re.match(r"<\?xml\s.*?\?>", text, re.S)
    if "xmlns" in text:  # etree puts the namespace's name in the place of the prefix
        raise ValueError
    if declaration and not re.search(r"""version\s*=\s*["']1\.0["']\s*(\?>|standalone|encoding\s*=\s*["']UTF-8["'])""", declaration[0]):
        raise ValueError
    out = {}

    def walk(path, e):
        for name, value in e.attrib.items():
            out[path + ".@" + escape(name)] = value
        pieces = [e.text] + [child.tail for child in e]
        value = "".join(p or "" for p in pieces).strip()
        if len(e):
            value = " ".join(" ".join(p or "" for p in pieces).split())
        if value or not (len(e) or e.attrib):
            out[path] = value
        names = [child.tag for child in e]
        seen = {}
        for child in e:
            name = path + "." + escape(child.tag)
            if names.count(child.tag) > 1:
                name += "." + str(seen.setdefault(child.tag, 0))
                seen[child.tag] += 1
            walk(name, child)

    class Builder(etree.TreeBuilder):
        def doctype(self, name, public, system):
            out["!DOCTYPE"] = f'{name} SYSTEM "{system}"'

        def pi(self, target, data=None):
            if target != "xml":
                out["?" + target] = (data or "").strip()

    root = etree.fromstring(text.encode(), etree.XMLParser(target=Builder()))
    walk(escape(root.tag), root)
    return out


def main():
    read = globals()["read_" + sys.argv[1]]
    results = []
    for text in json.load(sys.stdin):
        try:
            results.append(read(text))
        except Exception:
            results.append(None)
    json.dump(results, sys.stdout)


main()
