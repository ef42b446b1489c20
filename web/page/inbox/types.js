// The kinds of notifications that app `inbox` knows, and what they are called.
export const kTypes = { info: "Information", success: "Success", warning: "Warning", error: "Error", notification: "Notification" };

export const textOfType = (type) => kTypes[type] ?? type;
