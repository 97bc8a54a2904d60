// Shows /openapi.json: every operation with its parameters, body and answers, then the shapes of these.

const place = document.querySelector("#operations");
const template = document.querySelector("#operation");

function made(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

const plain = (words) => words?.replaceAll("`", "") ?? "";
const nameOf = (reference) => reference.split("/").pop();

/** A schema as a few words, with a link where it has a shape of its own. */
function typed(schema) {
  if (!schema) return ["anything"];
  if (schema.$ref) {
    const link = made("a", nameOf(schema.$ref));
    link.href = `#${nameOf(schema.$ref)}`;
    return [link];
  }
  if (schema.anyOf) return schema.anyOf.flatMap((each, n) => (n ? [" or ", ...typed(each)] : typed(each)));
  if (schema.type === "array") return ["list of ", ...typed(schema.items)];
  if (schema.format === "binary") return ["file"];
  if (schema.type === "object" && schema.additionalProperties?.type !== undefined) return ["object of ", ...typed(schema.additionalProperties)];
  return [schema.type ?? "anything"];
}

function entry(list, name, kind, words) {
  const value = made("dd", made("code", ...kind), ` ${plain(words)}`);
  list.append(made("dt", made("code", name)), value);
}

function article(id, method, path, summary, description) {
  const element = template.content.firstElementChild.cloneNode(true);
  const put = (selector, words) => (element.querySelector(selector).textContent = words ?? "");
  element.id = id;
  put(".method", method);
  element.querySelector(".method").hidden = !method;
  put(".path", path);
  put(".summary", summary);
  put(".description", plain(description));
  return element;
}

function operation(path, method, values) {
  const element = article(values.operationId, method.toUpperCase(), path, values.summary, values.description);
  const list = element.querySelector("dl");
  for (const { name, in: where, schema, description } of values.parameters ?? []) {
    entry(list, `${where === "path" ? "in the path: " : "?"}${name}`, typed(schema), description);
  }
  for (const [type, { schema }] of Object.entries(values.requestBody?.content ?? {})) entry(list, "body", [type], bodyWords(schema));
  for (const [status, { content, description }] of Object.entries(values.responses)) {
    if (status === "default") continue; // Described once, above.
    const [type, body] = Object.entries(content ?? {})[0] ?? ["nothing"];
    entry(list, status, body?.schema?.$ref ? typed(body.schema) : [type], description === "Successful Response" ? "" : description);
  }
  return element;
}

const bodyWords = ({ properties, required }) => [...Object.keys(properties ?? {}), ...(required ?? [])].join(", ");

function shape(name, { properties = {}, description }) {
  const element = article(name, "", name, "", description);
  for (const [key, values] of Object.entries(properties)) entry(element.querySelector("dl"), key, typed(values), values.description);
  return element;
}

function section(title, articles) {
  place.append(made("section", made("h2", title), ...articles));
}

function operationsByTag(paths) {
  const tags = new Map();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, values] of Object.entries(methods)) {
      const tag = values.tags[0];
      tags.set(tag, [...(tags.get(tag) ?? []), operation(path, method, values)]);
    }
  }
  return tags;
}

function examples() {
  // Below the path of a proxy, if there is one.
  const here = new URL(".", location).href.replace(/\/$/, "");
  return [
    `curl --data-binary @poster.jpg ${here}/api/predict`,
    `curl -F poster=@first.jpg -F poster=@second.jpg '${here}/api/predict?top=3'`,
    `curl --data-binary @poster.jpg '${here}/api/explain?genre=Drama'`,
    `curl ${here}/api/classifier`,
  ].join("\n");
}

const { info, paths, components } = await (await fetch("openapi.json")).json();
document.querySelector("#about").textContent = plain(info.description);
document.querySelector("#examples").textContent = examples();
for (const [tag, articles] of operationsByTag(paths)) section(tag, articles);
section("Shapes", Object.entries(components.schemas).map(([name, values]) => shape(name, values)));
