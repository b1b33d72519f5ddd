// Makes the replica set of one: transactions need a replica set.
const server = new Mongo("mongodb://gateline-mongodb-0.gateline-mongodb:27017/?directConnection=true");
const admin = server.getDB("admin");
try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  const members = [{ _id: 0, host: "gateline-mongodb-0.gateline-mongodb:27017" }];
  admin.adminCommand({ replSetInitiate: { _id: "gateline", members } });
}
while (!admin.hello().isWritablePrimary) sleep(200);
print("the replica set is there");
