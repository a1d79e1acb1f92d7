/* Shows the server's own description; asks nobody else anything. */
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null, // no badge from swagger.io
  presets: [window.SwaggerUIBundle.presets.apis],
});
