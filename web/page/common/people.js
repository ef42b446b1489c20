// Who is who in the demo. The server takes anybody with a valid token; these are here to choose from.

export const kPeople = [
  { id: "ada", name: "Ada Moreno", role: "patient" },
  { id: "tomas", name: "Tomás Lindqvist", role: "patient" },
  { id: "priya", name: "Priya Raman", role: "patient" },
  { id: "dr-okafor", name: "Dr. Lin Okafor", role: "provider" },
  { id: "dr-weiss", name: "Dr. Hanna Weiss", role: "provider" },
];

export const kRoles = ["patient", "provider", "admin"];

/** The name to show for a user id; the id itself where the page knows no name. Ids of digits may come as numbers. */
export function nameOf(id) {
  return kPeople.find((person) => person.id === String(id))?.name ?? String(id);
}

/** Whom a link names, by `?as=<id>` and, for somebody else, `&name=` and `&role=`; undefined where it names nobody. */
export function personInLink(search) {
  const given = new URLSearchParams(search);
  const id = given.get("as");
  if (!id) return undefined;
  return kPeople.find((person) => person.id === id) ?? { id, name: given.get("name") ?? id, role: given.get("role") ?? kRoles[0] };
}

/** A user id made of a name somebody typed: small letters, digits and hyphens. */
export function idFromName(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
}

export function initialsOf(name) {
  const words = name.replace(/^Dr\.?\s+/, "").split(/[\s-]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}

/** One of eight hues, the same for the same id everywhere. */
export function hueOf(id) {
  let sum = 0;
  for (const letter of String(id)) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return Math.round(sum / 45) * 45;
}
