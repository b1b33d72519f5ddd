// Makes the replica set of one and the account of the services; both only when they
// are not there. The account may read and write the services' databases, no more.
// Each service has a database of its own: <prefix>_<service>.

const fs = require("fs");

const prefix = "gateline";
const services = [
  "auth", "events", "orders", "expiration", "payments", "pricing", "tickets", "checkin", "mail",
];
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();

const server = new Mongo(
  `mongodb://root:${secret("mongodb-root-password")}@mongodb:27017/?directConnection=true&authSource=admin`,
);
const admin = server.getDB("admin");

try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  admin.adminCommand({
    replSetInitiate: { _id: "gateline", members: [{ _id: 0, host: "mongodb:27017" }] },
  });
}
while (!admin.hello().isWritablePrimary) sleep(200);

const roles = services.map((service) => ({ role: "readWrite", db: `${prefix}_${service}` }));
const account = { pwd: secret("mongodb-password"), roles };
if (admin.getUser("gateline")) {
  admin.updateUser("gateline", account);
} else {
  admin.createUser({ user: "gateline", ...account });
}
print("the replica set and the account are there");
