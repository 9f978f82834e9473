"use strict";
// The original of an XML signature need not leave the visitor's device: where the signature names nothing but its digest,
// the digest is worked out here and sent instead. In every other case, and whenever anything goes wrong, the file is
// sent as without JavaScript; the verdict is the same.
(() => {
  const DS = "http://www.w3.org/2000/09/xmldsig#";
  const MOST_BYTES = 1024 ** 3; // WebCrypto takes a file in one piece
  const MOST_XML = 32 * 1024 ** 2;
  const METHODS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": ["sha1", "SHA-1"],
    "http://www.w3.org/2001/04/xmlenc#sha256": ["sha256", "SHA-256"],
    "http://www.w3.org/2001/04/xmldsig-more#sha384": ["sha384", "SHA-384"],
    "http://www.w3.org/2001/04/xmlenc#sha512": ["sha512", "SHA-512"],
  };
  // These cover the content itself, not its digest.
  const NEEDS_CONTENT = ["ArchiveTimeStamp", "AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp", "Manifest"];
  const form = document.querySelector("form[data-stays]");
  if (!form || !window.crypto?.subtle) return; // an address without HTTPS has no WebCrypto
  form.querySelectorAll("[data-stays-note]").forEach((note) => { note.hidden = false; });

  const outside = (uri) => uri === null || (uri !== "" && !uri.startsWith("#"));

  // The digests that the signature asks for; none if it asks for more than digests.
  const wanted = (xml) => {
    const parsed = new DOMParser().parseFromString(xml, "application/xml");
    if (parsed.querySelector("parsererror") || NEEDS_CONTENT.some((name) => parsed.getElementsByTagNameNS("*", name).length)) return [];
    const references = Array.from(parsed.getElementsByTagNameNS(DS, "Reference")).filter((one) => outside(one.getAttribute("URI")));
    if (references.some((one) => one.getElementsByTagNameNS(DS, "Transform").length)) return [];
    const methods = references.map((one) => METHODS[one.getElementsByTagNameNS(DS, "DigestMethod")[0]?.getAttribute("Algorithm")]);
    return methods.includes(undefined) ? [] : [...new Map(methods.map((one) => [one[0], one]))].map(([, one]) => one);
  };

  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

  const digests = async (signature, original) => {
    if (signature.size > MOST_XML || original.size > MOST_BYTES || original.size === 0) return "";
    const methods = wanted(await signature.text());
    if (!methods.length) return "";
    const content = await original.arrayBuffer();
    const made = await Promise.all(methods.map(async ([name, algorithm]) => `${name}:${base64(await crypto.subtle.digest(algorithm, content))}`));
    return made.join(" ");
  };

  form.addEventListener("submit", async (event) => {
    const [signature] = form.elements.document.files;
    const input = form.elements.original;
    const [original] = input.files;
    if (event.defaultPrevented || !signature || !original) return;
    event.preventDefault();
    form.querySelector("[data-hashing]").hidden = false;
    try {
      const found = await digests(signature, original);
      if (found) {
        form.elements.original_digests.value = found;
        form.elements.original_name.value = original.name;
        input.disabled = true; // what is disabled is not sent
      }
    } catch {
      input.disabled = false;
    }
    form.submit();
  });
})();
